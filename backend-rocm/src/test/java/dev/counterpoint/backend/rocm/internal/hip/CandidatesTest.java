package dev.counterpoint.backend.rocm.internal.hip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A library is looked for")
final class CandidatesTest {
  private static final Map<String, String> NOTHING = Map.of();

  @Test
  @DisplayName("under its names, the newest first, then in the usual directories")
  void byDefault() {
    assertThat(of(RocmLibrary.HIP, NOTHING, Map.of("ROCM_PATH", "/rocm")).files())
        .containsExactly(
            "libamdhip64.so.7",
            "libamdhip64.so.6",
            "libamdhip64.so.5",
            "libamdhip64.so",
            "/rocm/lib/libamdhip64.so.7",
            "/rocm/lib/libamdhip64.so.6",
            "/rocm/lib/libamdhip64.so.5",
            "/rocm/lib/libamdhip64.so",
            "/opt/rocm/lib/libamdhip64.so.7",
            "/opt/rocm/lib/libamdhip64.so.6",
            "/opt/rocm/lib/libamdhip64.so.5",
            "/opt/rocm/lib/libamdhip64.so");
  }

  @Test
  @DisplayName("beside libamdhip64 before anywhere that the linker does not look")
  void besideHip() {
    assertThat(of(RocmLibrary.RCCL, NOTHING, NOTHING).files())
        .containsExactly(
            "librccl.so.1",
            "librccl.so",
            "{hip}/librccl.so.1",
            "{hip}/librccl.so",
            "/opt/rocm/lib/librccl.so.1",
            "/opt/rocm/lib/librccl.so");
  }

  @Test
  @DisplayName("first beside a libamdhip64 that someone named")
  void besideNamedHip() {
    Map<String, String> property = Map.of("counterpoint.rocm.hip", "/here/libamdhip64.so");
    assertThat(of(RocmLibrary.RCCL, property, NOTHING).files())
        .startsWith("{hip}/librccl.so.1", "{hip}/librccl.so", "librccl.so.1", "librccl.so");
  }

  @Test
  @DisplayName("only where a property or else a variable says")
  void overridden(@TempDir Path folder) {
    Map<String, String> property = Map.of("counterpoint.rocm.hip", "/here/libamdhip64.so");
    Map<String, String> variable = Map.of("COUNTERPOINT_ROCM_HIP", folder.toString());
    Candidates both = of(RocmLibrary.HIP, property, variable);
    assertThat(both.files()).containsExactly("/here/libamdhip64.so");
    assertThat(both.override()).isEqualTo("-Dcounterpoint.rocm.hip=/here/libamdhip64.so");
    Candidates directory = of(RocmLibrary.HIP, NOTHING, variable);
    assertThat(directory.files())
        .containsExactly(
            folder + "/libamdhip64.so.7",
            folder + "/libamdhip64.so.6",
            folder + "/libamdhip64.so.5",
            folder + "/libamdhip64.so");
    assertThat(directory.override()).isEqualTo("COUNTERPOINT_ROCM_HIP=" + folder);
  }

  private static Candidates of(
      RocmLibrary library, Map<String, String> properties, Map<String, String> variables) {
    return Candidates.of(library, properties::get, variables::get);
  }
}
