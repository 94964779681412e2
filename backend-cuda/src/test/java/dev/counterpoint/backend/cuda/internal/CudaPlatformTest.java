package dev.counterpoint.backend.cuda.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.backend.gpu.TileShapes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
    platform.tiles("sm_80").shapes().forEach(s -> mine.put(s.rows() + "x" + s.cols(), s.stages()));
    assertThat(mine).isEqualTo(stages);
  }

  @Test
  void architecturesDifferInSharedMemoryAndTypes() {
    assertThat(platform.tiles("sm_80").sharedBytes()).isEqualTo(164 << 10);
    assertThat(platform.tiles("sm_89").sharedBytes()).isEqualTo(100 << 10);
    TileShapes hopper = platform.tiles("sm_90a");
    assertThat(hopper.sharedBytes()).isEqualTo(228 << 10);
    assertThat(platform.noFp8("sm_86")).contains("sm_89");
    assertThat(platform.noFp8("sm_89")).isNull();
    assertThat(platform.code().options().apply("sm_90")).contains("--gpu-architecture=sm_90");
  }
}
