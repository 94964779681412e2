package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.cli.BackendChoice;
import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchOnWrongBackendTest {
  private static CommandRun bench(String arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "bench",
                "-m",
                "33",
                "-n",
                "17",
                "-k",
                "20",
                "--ranks",
                "2",
                "--dtype",
                "fp32",
                "--iterations",
                "1",
                "--backend",
                "wrong"));
    all.addAll(Arrays.asList(arguments.split(" ")));
    return CommandRun.of(all.toArray(String[]::new));
  }

  @Test
  void oneWrongElementFailsItsStrategyAndTheCommand() {
    CommandRun run = bench("gemm-ar --strategy sequential -P wrong.sums=true");
    assertThat(run.status()).isEqualTo(ExitCode.CHECK_FAILED);
    assertThat(run.out().lines())
        .anySatisfy(line -> assertThat(line).startsWith("sequential").endsWith("FAILED"));
    assertThat(run.out()).contains("sequential: rank 1, row 0, column 2 is 12.07", "; it must be ");
  }

  @Test
  void aStrategyThatCannotBeIsARowUnlessItWasAskedFor() {
    CommandRun all = bench("gemm-rs -P wrong.lacks=PEER_ACCESS");
    assertThat(all.status()).isZero();
    assertThat(all.out().lines())
        .anySatisfy(line -> assertThat(line).startsWith("fused").endsWith("unavailable"));
    assertThat(all.out()).contains("PEER_ACCESS");
    assertThat(bench("gemm-rs --strategy fused -P wrong.lacks=PEER_ACCESS").status())
        .isEqualTo(ExitCode.UNAVAILABLE);
  }

  @Test
  void withoutTimedEventsTheHostsClockIsNamed() {
    CommandRun run = bench("ag-gemm -P wrong.lacks=TIMED_EVENTS");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("µs of host time");
  }

  @Test
  void withoutTheVendorsLibraryTheTileEngineIsTheMeasure() {
    CommandRun run = bench("gemm-a2a --strategy sequential -P wrong.lacks=GEMM_FP32_FULL");
    assertThat(run.status()).isZero();
  }

  @Test
  void timelinesNeedABackendThatCanTrace() {
    CommandRun run = bench("ag-gemm --html page.html -P wrong.lacks=TRACING");
    assertThat(run.status()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(run.err()).contains("TRACING", "--html and --trace");
  }

  @Test
  void delaysAreForAnyBackendThatKnowsThem() {
    BackendChoice choice = CommandLine.populateCommand(new BackendChoice(), "--chaos", "4");
    assertThat(choice.properties("cuda")).isEqualTo(Map.of("cuda.chaos", "4"));
    assertThat(choice.chaotic()).isTrue();
  }

  @Test
  void simulationIsTheHostsAlone() {
    CommandRun run = bench("ag-gemm --link 1GB/s --latency 4us");
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("--link, --latency: only the host backend simulates");
  }
}
