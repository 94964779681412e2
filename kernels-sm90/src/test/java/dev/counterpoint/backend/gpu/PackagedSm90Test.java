package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.backend.cuda.internal.CudaPlatform;
import dev.counterpoint.backend.cuda.internal.Natives;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the jar holds is what the backend looks for, and what both say of it is the same. */
class PackagedSm90Test {
  private static final String MODULE = "sm90";
  private static final TileKernels KERNELS = kernels();
  private static final int THREADS = 384;

  private static TileKernels kernels() {
    TileKernels best = new CudaPlatform().tileKernels("sm_90").get(0);
    assertThat(best.name()).isEqualTo(MODULE);
    return best;
  }

  /** Every kernel that the backend may ask for, by its entry. */
  private static Map<String, TileConfig> wanted() {
    Map<String, TileConfig> wanted = new TreeMap<>();
    for (DType input : DType.values()) {
      for (WeightLayout layout : WeightLayout.values()) {
        DType output = input == DType.INT8 ? DType.INT32 : DType.BF16;
        if (KERNELS.take(input, output, layout, 1)) {
          for (TileShapes.Shape shape : KERNELS.shapes().fitting()) {
            TileConfig config = new TileConfig(KERNELS, input, layout, shape);
            wanted.put(config.entry(), config);
          }
        }
      }
    }
    return wanted;
  }

  @Test
  void everySourceIsThereWithAllThatItIncludes() {
    assertThat(new PackagedSources(MODULE).complete())
        .contains("kernels/tile_gemm_sm90_bf16.cu", "ptx/wgmma.cuh", "ptx/memory.cuh")
        .contains("device/primitives.h", "params/tile_gemm_maps.h")
        // They are kernels-sm80's, and so is everything that every world needs.
        .doesNotContain("kernels/companions.cu", "kernels/tile_table.cuh");
  }

  @Test
  void whatWasBuiltIsWhatTheBackendAsksFor() {
    byte[] json = KernelPlace.onClassPath(MODULE).read("manifest.json");
    assumeTrue(json != null, "the kernels were not built here: that needs nvcc 13");
    Map<String, TileConfig> wanted = wanted();
    KernelManifest manifest = KernelManifest.parse(new String(json, StandardCharsets.UTF_8));
    assertThat(manifest.kernels())
        .extracting(KernelManifest.Kernel::entry)
        .containsExactlyInAnyOrderElementsOf(wanted.keySet());
    assertThat(manifest.portable()).isEmpty();
    for (KernelManifest.Kernel kernel : manifest.kernels()) {
      TileConfig config = wanted.get(kernel.entry());
      assertThat(kernel.architecture()).isEqualTo(KERNELS.architecture());
      assertThat(kernel.file()).isEqualTo(new CudaPlatform().code().image(config.family()));
      assertThat(kernel.attributes())
          .as(kernel.entry())
          .containsEntry("sharedBytes", Integer.toString(config.sharedBytes()))
          .containsEntry("cluster", Integer.toString(config.shape().cluster()))
          .containsEntry("threads", Integer.toString(THREADS))
          .containsEntry("spills", "0");
    }
  }

  @Test
  void theRunTimeCompilerMakesTheKernelsOfTheSources() {
    KernelCompiler compiler = new Natives().compiler();
    assumeTrue(
        compiler != null, "NVRTC cannot be loaded here: it needs libnvrtc.so.13 and libcuda.so.1");
    KernelStore store =
        new KernelStore(
            new CudaPlatform().code(),
            List.of(new PackagedSources(MODULE)),
            () -> new KernelCache(null, w -> {}),
            () -> compiler);
    KernelImage image = store.find(KERNELS.family(DType.INT8), KERNELS.architecture());
    assertThat(image.kernels())
        .extracting(KernelManifest.Kernel::entry)
        .containsExactlyInAnyOrderElementsOf(
            wanted().keySet().stream().filter(entry -> entry.contains("int8")).toList());
    assertThat(image.bytes()).startsWith(0x7f, 'E', 'L', 'F');
  }

  @Test
  void theKernelsThemselvesSayTheSame(@TempDir Path work) throws Exception {
    Map<String, String> mine = new TreeMap<>();
    wanted().forEach((entry, config) -> mine.put(entry, Integer.toString(config.sharedBytes())));
    Map<String, String> theirs = new TreeMap<>();
    for (String line : model(work, 60, "--list")) {
      String[] words = line.split(" ", -1);
      theirs.put(words[0], words[1]);
    }
    assertThat(mine).isEqualTo(theirs);
  }

  @Test
  void theyRunRightOnTheModel(@TempDir Path work) throws Exception {
    assertThat(model(work, 110, "--quick")).last().asString().startsWith("OK: ");
  }

  /** What the test program on the model prints, when it ends well. */
  private static List<String> model(Path work, int seconds, String... words)
      throws IOException, InterruptedException {
    Path program = Path.of(System.getProperty("kernels.model"), "model_test");
    assumeTrue(
        Files.isExecutable(program),
        "the kernels were not built for the model: that needs g++, and no -Dkernels.skip");
    List<String> command = new ArrayList<>(List.of(words));
    command.add(0, program.toString());
    Path output = work.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
      assertThat(ended).as("ends within %d s: %s", seconds, Files.readString(output)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output);
    assertThat(process.exitValue()).as("%s", lines).isZero();
    return lines;
  }
}
