package dev.counterpoint.backend.cuda.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.backend.gpu.TileKernels;
import dev.counterpoint.backend.gpu.TileShapes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CudaPlatformTest {
  private final CudaPlatform platform = new CudaPlatform();

  @Test
  void everyTileIsInTheKernelsTable() throws Exception {
    Path file = Path.of("..", "kernels-sm80", "src", "main", "cuda", "kernels", "tile_table.cuh");
    assumeTrue(Files.isRegularFile(file), "kernels-sm80 is not in this checkout");
    Matcher rows =
        Pattern.compile("CP_TILE_GEMM\\(NAME, INPUT, LAYOUT, (\\d+), (\\d+), K, (\\d+),")
            .matcher(Files.readString(file));
    Map<String, Integer> stages = new LinkedHashMap<>();
    while (rows.find()) {
      stages.put(rows.group(1) + "x" + rows.group(2), Integer.parseInt(rows.group(3)));
    }
    Map<String, Integer> mine = new LinkedHashMap<>();
    general("sm_80").shapes().forEach(s -> mine.put(s.rows() + "x" + s.cols(), s.stages()));
    assertThat(mine).isEqualTo(stages);
  }

  private TileShapes general(String architecture) {
    List<TileKernels> kernels = platform.tileKernels(architecture);
    TileKernels last = kernels.get(kernels.size() - 1);
    assertThat(last.name()).isEqualTo("sm80");
    assertThat(last.architecture()).isEqualTo(architecture);
    return last.shapes();
  }

  @Test
  void everyTileForHopperIsInItsKernelsTable() throws Exception {
    Path file =
        Path.of("..", "kernels-sm90", "src", "main", "cuda", "kernels", "tile_table_sm90.cuh");
    assumeTrue(Files.isRegularFile(file), "kernels-sm90 is not in this checkout");
    Matcher rows =
        Pattern.compile(
                "APPLY\\(__VA_ARGS__, (\\d+), (\\d+), (\\d+), (\\d), (\\w+), \\w+, (\\d)\\)")
            .matcher(Files.readString(file));
    List<String> theirs = new ArrayList<>();
    while (rows.find()) {
      boolean exposed = rows.group(5).equals("kTogether") && rows.group(6).equals("0");
      theirs.add(
          rows.group(1)
              + "x"
              + rows.group(2)
              + " s"
              + rows.group(3)
              + "_c"
              + rows.group(4)
              + "_o"
              + rows.group(6)
              + (exposed ? " exposed" : ""));
    }
    TileKernels hopper = platform.tileKernels("sm_90").get(0);
    assertThat(hopper.name()).isEqualTo("sm90");
    assertThat(hopper.architecture()).isEqualTo("sm_90a");
    assertThat(hopper.shapes().shapes())
        .extracting(
            s ->
                s.rows()
                    + "x"
                    + s.cols()
                    + " s"
                    + s.stages()
                    + s.suffix()
                    + (s.exposedBytes() > 0 ? " exposed" : ""))
        .isEqualTo(theirs);
  }

  @Test
  void whatHopperCannotReadHasAGeneralKernelOfTheSameTile() {
    for (TileShapes.Shape shape : platform.tileKernels("sm_90").get(0).shapes().shapes()) {
      assertThat(general("sm_90").shapes())
          .anyMatch(s -> s.rows() == shape.rows() && s.cols() == shape.cols());
    }
  }

  @Test
  void onlyHopperHasKernelsOfItsOwn() {
    for (String architecture : List.of("sm_80", "sm_86", "sm_89", "sm_100", "sm_103", "sm_120")) {
      assertThat(platform.tileKernels(architecture)).as(architecture).hasSize(1);
    }
  }

  @Test
  void hopperTakesWhatItsTensorCoreDoes() {
    TileKernels hopper = platform.tileKernels("sm_90").get(0);
    for (WeightLayout layout : WeightLayout.values()) {
      boolean alongK = layout == WeightLayout.NK;
      assertThat(hopper.types().include(DType.BF16, DType.FP32, layout)).isTrue();
      assertThat(hopper.types().include(DType.FP16, DType.BF16, layout)).isTrue();
      assertThat(hopper.types().include(DType.FP32, DType.FP32, layout)).isFalse();
      assertThat(hopper.types().include(DType.INT8, DType.INT32, layout)).isEqualTo(alongK);
      assertThat(hopper.types().include(DType.FP8_E4M3, DType.BF16, layout)).isEqualTo(alongK);
      // Its sums are narrower than that output.
      assertThat(hopper.types().include(DType.FP8_E5M2, DType.FP32, layout)).isFalse();
    }
  }

  @Test
  void architecturesDifferInSharedMemoryAndTypes() {
    assertThat(general("sm_80").sharedBytes()).isEqualTo(164 << 10);
    assertThat(general("sm_89").sharedBytes()).isEqualTo(100 << 10);
    assertThat(general("sm_90").sharedBytes()).isEqualTo(228 << 10);
    assertThat(platform.noFp8("sm_86")).contains("sm_89");
    assertThat(platform.noFp8("sm_89")).isNull();
    assertThat(platform.takesBlockFactors()).isTrue();
    assertThat(platform.code().options().apply("sm_90")).contains("--gpu-architecture=sm_90");
  }
}
