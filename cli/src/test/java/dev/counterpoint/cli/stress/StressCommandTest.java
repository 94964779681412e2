package dev.counterpoint.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.conformance.StressReport;
import java.util.List;
import org.junit.jupiter.api.Test;

class StressCommandTest {
  @Test
  void everyOperatorByEveryStrategyOnTheHost() {
    CommandRun run =
        CommandRun.of(
            "stress",
            "--backend",
            "host",
            "--ranks",
            "2",
            "--launches",
            "500",
            "--delays",
            "--stop-rank",
            "0",
            "--timeout",
            "1");
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(
            "gemm-a2a#24  fused",
            "launches   5",
            " made late, by ",
            "compared bitwise while launching",
            "stopped    rank 0, before ",
            "0 DeviceFaultException, 1 DeviceFaultException",
            "fault      wait expired on rank 1, ",
            "threads    0 left")
        .doesNotContain("FAILED");
    assertThat(run.out().lines().filter(line -> line.endsWith("bitwise the first"))).hasSize(24);
  }

  @Test
  void sizesTypesAndStrategiesAreTheUsers() {
    CommandRun run =
        CommandRun.of(
            ("stress gemm-rs --backend host --ranks 3 --launches 40 --strategy fused,auto"
                    + " -m 40 -n 24 -k 16 --dtype int8")
                .split(" "));
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("M 40 · N 24 · K 16 · int8 → int32", "gemm-rs#2");
  }

  @Test
  void whatIsWrongIsSaid() {
    StressReport report =
        new StressReport(
            "host",
            "threads",
            2,
            1,
            "M 1",
            10,
            5,
            0,
            0,
            3,
            0,
            List.of(new StressReport.Plan("ag-gemm#1", "fused", 11, false)),
            List.of("gemm-rs by fused: no"),
            List.of(),
            new StressReport.Stop(1, "ag-gemm#1", 9, 8, List.of("", "X"), null, 1),
            2,
            List.of("rank 0 noticed nothing"));
    assertThat(StressText.lines(report))
        .contains(
            "left out gemm-rs by fused: no",
            "memory     too few launches to tell whether it grows",
            "stopped    rank 1, before ag-gemm#1; exceptions by rank, all after 9 ms (allowed 8):"
                + " 0 none, 1 X",
            "fault      none",
            "FAILED rank 0 noticed nothing");
    assertThat(StressText.lines(report)).anyMatch(line -> line.endsWith("NOT THE FIRST"));
  }
}
