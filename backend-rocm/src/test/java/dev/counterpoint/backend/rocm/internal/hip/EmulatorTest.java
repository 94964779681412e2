package dev.counterpoint.backend.rocm.internal.hip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The bindings on the emulated device: {@code -Dcounterpoint.emulator=DIRECTORY} names where {@code
 * emulator-cdna3/build.sh DIRECTORY} put it.
 */
@DisplayName("On the emulated device")
final class EmulatorTest {
  private static List<String> options;

  @BeforeAll
  static void find() {
    Tools.assumeBindings();
    String folder = System.getProperty("counterpoint.emulator", "");
    assumeTrue(!folder.isBlank(), "-Dcounterpoint.emulator names no directory");
    assertThat(Path.of(folder, "libamdhip64.so")).exists();
    options = List.of("-Dcounterpoint.rocm.hip=" + folder, "-Dcounterpoint.rocm.rccl=" + folder);
  }

  @Test
  @DisplayName("both libraries and four devices are found")
  void detection() throws IOException {
    assertThat(run(DetectionProgram.class))
        .contains(
            "hipInit 0 hipSuccess: no error",
            "hipGetDeviceCount 0 hipSuccess: no error",
            "count 4",
            "ncclGetVersion 0 ncclSuccess");
  }

  @Test
  @DisplayName("devices, memory, streams, events and graphs do what HIP says")
  void hip() throws IOException {
    assertThat(run(HipProgram.class))
        .containsExactly(
            "devices", "memory", "streams", "events", "graphs", "peers", "errors", "processes");
  }

  @Test
  @DisplayName("collectives give the right sums and shards")
  void rccl() throws IOException {
    assertThat(run(RcclProgram.class)).containsExactly("all at once", "by unique id");
  }

  private static List<String> run(Class<?> program) throws IOException {
    Path log = Files.createTempFile(Tools.folder("emulator"), "faults", ".log");
    return Tools.succeed(
        Tools.java(program, options, Map.of("HIPEMU_DEVICES", "4", "HIPEMU_LOG", log.toString())));
  }
}
