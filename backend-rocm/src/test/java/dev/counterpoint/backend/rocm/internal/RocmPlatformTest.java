package dev.counterpoint.backend.rocm.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RocmPlatformTest {
  private final RocmPlatform platform = new RocmPlatform();

  @Test
  void everyTileIsInTheKernelsTable() throws Exception {
    Path file = Path.of("..", "kernels-cdna3", "src", "main", "hip", "kernels", "tile_table.h");
    assumeTrue(Files.isRegularFile(file), "kernels-cdna3 is not in this checkout");
    Matcher rows =
        Pattern.compile("CP_TILE_GEMM\\(NAME, INPUT, \\w+, (\\d+), (\\d+), K, (\\d+)")
            .matcher(Files.readString(file));
    Map<String, Integer> stages = new LinkedHashMap<>();
    while (rows.find()) {
      stages.put(rows.group(1) + "x" + rows.group(2), Integer.parseInt(rows.group(3)));
    }
    Map<String, Integer> mine = new LinkedHashMap<>();
    assertThat(platform.tileKernels("gfx942")).hasSize(1);
    platform
        .tileKernels("gfx942")
        .get(0)
        .shapes()
        .shapes()
        .forEach(s -> mine.put(s.rows() + "x" + s.cols(), s.stages()));
    assertThat(mine).isEqualTo(stages);
  }

  @Test
  void whatTheArchitectureCanDo() {
    assertThat(platform.noFp8("gfx942")).isNull();
    assertThat(platform.takesBlockFactors()).isFalse();
    assertThat(platform.multipliesFullFp32()).isTrue();
    assertThat(platform.reducesOverPeers()).isTrue();
    assertThat(platform.code().options().apply("gfx942")).contains("--offload-arch=gfx942");
    assertThat(platform.property("devices")).isEqualTo("rocm.devices");
  }

  @Test
  void theKernelsOfACodeObjectAreFoundByTheirDescriptors() {
    byte[] image = "ELF..\0put\0put.kd\0signal_set.kd\0x.kdx\0".getBytes(StandardCharsets.US_ASCII);
    assertThat(NativeCompiler.entries(image)).containsExactly("put", "signal_set");
  }
}
