package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Tuning;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.cli.CommandException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what is computed. */
public final class ProblemOptions {
  /**
   * Rows that a preset is measured with when none are given: many tokens on a device, few where it
   * is emulated.
   */
  private static final int DEVICE_ROWS = 8192;

  private static final int EMULATED_ROWS = 64;

  @Option(names = "-m", paramLabel = "M", description = "Rows of A: tokens.")
  private @Nullable Integer m;

  @Option(
      names = "-n",
      paramLabel = "N",
      description = "Columns of B: output features of the whole layer.")
  private @Nullable Integer n;

  @Option(
      names = "-k",
      paramLabel = "K",
      description = "Inner dimension: input features of the whole layer.")
  private @Nullable Integer k;

  @Option(
      names = "--preset",
      paramLabel = "MODEL[:LAYER]",
      description =
          "N and K of a layer of a known model, such as llama3-70b:qkv; 'list' shows all.")
  private @Nullable String preset;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = DTypeConverter.class,
      description =
          "Type of A and B: fp32, fp16, bf16, fp8_e4m3, fp8_e5m2 or int8. Default: bf16, or fp32 on"
              + " emulated devices.")
  private @Nullable DType dtype;

  @Option(names = "--bias", description = "Add a bias to every row.")
  private boolean bias;

  @Option(
      names = "--weight-layout",
      paramLabel = "nk|kn",
      defaultValue = "nk",
      description = "How the weight lies in memory: nk (default, as in a PyTorch Linear) or kn.")
  private WeightLayout layout = WeightLayout.NK;

  @Option(
      names = "--chunks",
      paramLabel = "N",
      defaultValue = "0",
      description = "Force the number of chunks per rank; 0 (default) is automatic.")
  private int chunks;

  @Option(
      names = "--tile",
      paramLabel = "RxC",
      converter = TileConverter.class,
      description = "Force the output tile, such as 128x256.")
  private @Nullable Tile tile;

  @Mixin private VariantOptions variants = new VariantOptions();

  /** A forced tile. */
  record Tile(int rows, int cols) {}

  /** Reads {@code 128x256}. */
  static final class TileConverter implements ITypeConverter<Tile> {
    private static final Pattern TILE = Pattern.compile("([0-9]{1,6})[xX×]([0-9]{1,6})");

    @Override
    public Tile convert(String text) {
      Matcher matcher = TILE.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is not a tile: write rows x columns, such as 128x256");
      }
      return new Tile(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }
  }

  /** What the operator does besides the usual. */
  public Variant variant() {
    return variants.variant();
  }

  /** Whether the presets are asked for. */
  public boolean listsPresets() {
    return "list".equals(preset);
  }

  /** The layer asked for by name; null if the sizes are given or automatic. */
  public Presets.@Nullable Layer layer(Operator operator) {
    if (preset == null) {
      return null;
    }
    if (n != null || k != null) {
      throw new CommandException(
          Failure.Category.USAGE,
          "--preset gives N and K: leave out -n and -k, or leave out --preset");
    }
    try {
      return Presets.find(preset, operator);
    } catch (IllegalArgumentException e) {
      throw new CommandException(Failure.Category.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  /** Which problem, with what was not given chosen to suit the machine. */
  public GemmProblem problem(Operator operator, boolean emulated) {
    Presets.Layer layer = layer(operator);
    if (layer == null && n == null && k == null && !emulated) {
      layer = Presets.find("llama3-70b", operator);
    }
    DType input = inputType(emulated);
    if (layer != null) {
      return problem(
          m != null ? m : emulated ? EMULATED_ROWS : DEVICE_ROWS, layer.n(), layer.k(), input);
    }
    // On the host the whole bench should take less than half a minute on two cores. In an
    // all-to-all every rank has such a problem.
    boolean each = operator == Operator.GEMM_A2A;
    return problem(
        m != null ? m : each ? 512 : 1024,
        n != null ? n : each ? 1024 : 2048,
        k != null ? k : 1024,
        input);
  }

  /** The same, but small where no size is given, so that devices keep up with launches. */
  GemmProblem small(Operator operator, boolean emulated) {
    if (layer(operator) != null) {
      return problem(operator, emulated);
    }
    int size = emulated ? 32 : 256;
    return problem(
        m != null ? m : size, n != null ? n : size, k != null ? k : size, inputType(emulated));
  }

  private DType inputType(boolean emulated) {
    return dtype != null ? dtype : emulated ? DType.FP32 : DType.BF16;
  }

  private GemmProblem problem(int rows, int cols, int inner, DType input) {
    DType output = outputType(input);
    return new GemmProblem(rows, cols, inner, input, output, layout, 1f, 0f, bias);
  }

  /** The type in which products of a type are usually kept. */
  public static DType outputType(DType input) {
    return switch (input) {
      case FP32, FP16, BF16 -> input;
      case FP8_E4M3, FP8_E5M2 -> DType.BF16;
      case INT8, INT32 -> DType.INT32;
    };
  }

  /** A name for the layer that was or would be taken. */
  public String layerName(Operator operator, boolean emulated) {
    Presets.Layer layer = layer(operator);
    if (layer == null && n == null && k == null && !emulated) {
      layer = Presets.find("llama3-70b", operator);
    }
    return layer == null ? "" : layer.id() + " (" + layer.description() + ")";
  }

  /** What is forced. */
  public Tuning tuning() {
    Tuning tuning = Tuning.AUTOMATIC.withChunks(chunks);
    return tile == null ? tuning : tuning.withTile(tile.rows(), tile.cols());
  }
}
