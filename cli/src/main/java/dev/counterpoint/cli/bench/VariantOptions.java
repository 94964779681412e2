package dev.counterpoint.cli.bench;

import dev.counterpoint.Norm;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what an operator does besides the usual. */
public final class VariantOptions {
  private static final float EPS = 1e-5f;

  @Option(
      names = "--norm",
      paramLabel = "rms|layer",
      converter = NormConverter.class,
      description =
          "Add a residual to the result of gemm-rs or gemm-ar, store the sum, and normalise its"
              + " rows, as the next layer wants them.")
  private @Nullable Norm norm;

  @Option(
      names = "--splits",
      paramLabel = "SPLITS",
      converter = Division.Converter.class,
      description =
          "Divide the rows of gemm-a2a unevenly: slope:F sends the first rank F times as many as"
              + " the last; 10,20;30,0 are rows by source and target, in the place of -m.")
  private @Nullable Division division;

  /** Reads the name of a norm. */
  static final class NormConverter implements ITypeConverter<Norm> {
    @Override
    public Norm convert(String text) {
      return switch (text) {
        case "rms" -> Norm.rms(EPS).withResidual().withSum();
        case "layer" -> Norm.layer(EPS).withResidual().withSum();
        default -> throw new TypeConversionException("'" + text + "' is neither rms nor layer");
      };
    }
  }

  /** What was asked for. */
  public Variant variant() {
    return new Variant(norm, division);
  }
}
