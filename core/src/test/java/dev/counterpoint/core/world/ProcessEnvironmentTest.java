package dev.counterpoint.core.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.InvalidArgumentException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessEnvironmentTest {
  @ParameterizedTest
  @CsvSource({
    "RANK/WORLD_SIZE, RANK, WORLD_SIZE, LOCAL_RANK",
    "Open MPI, OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE, OMPI_COMM_WORLD_LOCAL_RANK",
    "Slurm, SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID"
  })
  void everyLauncherIsUnderstood(String launcher, String rank, String size, String local) {
    assertThat(ProcessEnvironment.of(Map.of(rank, "3", size, "8", local, "1")))
        .isEqualTo(new ProcessEnvironment(launcher, 3, 8, 1, null));
    assertThat(ProcessEnvironment.of(Map.of(rank, " 3 ", size, "8")))
        .isEqualTo(new ProcessEnvironment(launcher, 3, 8, -1, null));
    for (String name : new String[] {rank, size, local}) {
      Map<String, String> bad = new HashMap<>(Map.of(rank, "3", size, "8", local, "1"));
      bad.put(name, "three");
      assertThatThrownBy(() -> ProcessEnvironment.of(bad))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessage("environment variable " + name + " is 'three'; it must be a number");
    }
  }

  @Test
  void theMeetingPointIsOptionalAndHasAPort() {
    Map<String, String> base = Map.of("RANK", "0", "WORLD_SIZE", "2", "MASTER_ADDR", "node1");
    assertThat(ProcessEnvironment.of(base).master()).isEqualTo("node1:29500");
    Map<String, String> port = new HashMap<>(base);
    port.put("MASTER_PORT", "1234");
    assertThat(ProcessEnvironment.of(port).master()).isEqualTo("node1:1234");
    port.remove("MASTER_ADDR");
    assertThat(ProcessEnvironment.of(port).master()).isNull();
  }

  @Test
  void halfAPairIsNotEnough() {
    assertThat(ProcessEnvironment.of(Map.of("RANK", "1", "SLURM_NTASKS", "4")))
        .isEqualTo(new ProcessEnvironment("none", 0, 1, 0, null));
    assertThat(ProcessEnvironment.of(Map.of("RANK", "1", "SLURM_NTASKS", "4", "SLURM_PROCID", "2")))
        .isEqualTo(new ProcessEnvironment("Slurm", 2, 4, -1, null));
  }

  @Test
  void theFirstLauncherInTheListWins() {
    assertThat(
            ProcessEnvironment.of(
                    Map.of(
                        "RANK", "1", "WORLD_SIZE", "2", "SLURM_NTASKS", "4", "SLURM_PROCID", "3"))
                .launcher())
        .isEqualTo("RANK/WORLD_SIZE");
  }

  @Test
  void severalProcessesAreRefusedInWords() {
    ProcessEnvironment job = ProcessEnvironment.of(Map.of("RANK", "3", "WORLD_SIZE", "8"));
    assertThatThrownBy(job::requireSingleProcess)
        .isInstanceOfSatisfying(
            CounterpointException.class,
            e -> assertThat(e.category()).isEqualTo(Failure.Category.UNAVAILABLE))
        .hasMessageContainingAll(
            "3 of 8", "RANK/WORLD_SIZE", "cannot span processes yet", "unset these variables");
    assertThatCode(
            () ->
                ProcessEnvironment.of(Map.of("RANK", "0", "WORLD_SIZE", "1"))
                    .requireSingleProcess())
        .doesNotThrowAnyException();
    assertThatCode(() -> ProcessEnvironment.of(Map.of()).requireSingleProcess())
        .doesNotThrowAnyException();
  }
}
