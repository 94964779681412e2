package dev.counterpoint.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.FakeProvider;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DoctorCommandTest {
  private static CommandRun run(List<BackendProvider> providers, String... arguments) {
    return CommandRun.of(
        new CommandLine(new DoctorCommand(() -> BackendRegistry.of(providers))), arguments);
  }

  @Test
  void everyBackendIsExplained() {
    CommandRun run = run(List.of(FakeProvider.unavailable("gone"), FakeProvider.available("here")));
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(
            "✓ here: 2 × Imaginary X1, driver 7",
            "2 × Imaginary X1, im_1, 64 compute units, 16.00 GiB",
            "blas 2.0, driver 7.1",
            "peer-access, graphs",
            "multicast is off; ask the administrator",
            "✗ gone: unavailable: no driver",
            "libimaginary.so.1",
            "install the driver",
            "auto would take here.",
            "Java  ",
            "System  ");
  }

  @Test
  void withoutAnyBackendTheStatusIsThree() {
    assertThat(run(List.of(FakeProvider.unavailable("gone"))).status())
        .isEqualTo(ExitCode.UNAVAILABLE);
    CommandRun none = run(List.of());
    assertThat(none.status()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(none.out()).contains("No backend is on the class path");
  }

  @Test
  void jsonHoldsTheSame() throws Exception {
    CommandRun run =
        run(List.of(FakeProvider.unavailable("gone"), FakeProvider.available("here")), "--json");
    assertThat(run.status()).isZero();
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertThat(report.get("chosen").asText()).isEqualTo("here");
    assertThat(report.get("backends")).hasSize(2);
    assertThat(report.get("backends").get(0).get("devices").get(1).get("name").asText())
        .isEqualTo("Imaginary X1");
    assertThat(report.get("backends").get(1).get("remedy").asText())
        .isEqualTo("install the driver");
  }
}
