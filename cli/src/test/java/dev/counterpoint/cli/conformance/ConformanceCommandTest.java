package dev.counterpoint.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.conformance.Chaos;
import dev.counterpoint.conformance.ConformanceRunner.Options;
import dev.counterpoint.conformance.ConformanceRunner.Summary;
import dev.counterpoint.conformance.Outcome;
import dev.counterpoint.conformance.TestResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ConformanceCommandTest {
  private final AtomicReference<Options> asked = new AtomicReference<>();

  private CommandRun run(Summary summary, String... arguments) {
    ConformanceCommand command =
        new ConformanceCommand(
            (options, listener) -> {
              asked.set(options);
              listener.started(2);
              listener.finished("signals only grow, 2 ranks", "passed");
              return summary;
            });
    return CommandRun.of(new CommandLine(command), arguments);
  }

  private static TestResult result(String name, Outcome outcome, String detail) {
    return new TestResult(
        "host", "Signals", name, "3 ranks, chaos", List.of("SIG-1"), outcome, detail, 1500);
  }

  private static Summary summary(Path report, TestResult... results) {
    return new Summary(List.of(results), Map.of("host", "smoke run passed"), report);
  }

  private static final TestResult GOOD = result("signalsOnlyGrow", Outcome.PASSED, "");

  @Test
  void everyOptionReachesTheKit(@TempDir Path directory) {
    Path report = directory.resolve("r");
    CommandRun run =
        run(
            summary(report.resolve("index.html"), GOOD, result("x", Outcome.SKIPPED, "needs more")),
            "--backend",
            "host",
            "--full",
            "--only",
            "SIG,GEMM-7",
            "--ranks",
            "2,4",
            "--chaos",
            "off",
            "--seed",
            "7",
            "--report",
            report.toString(),
            "-P",
            "host.threads=2");
    assertThat(asked.get())
        .isEqualTo(
            new Options(
                "host",
                true,
                Set.of("SIG", "GEMM-7"),
                Set.of(2, 4),
                Chaos.OFF,
                7,
                Map.of("host.threads", "2"),
                report));
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(
            "skipped 1: needs more",
            "host, full run of GEMM-7, SIG, seed 7: 1 passed, 0 failed, 1 skipped",
            "report: " + report.resolve("index.html"));
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains("part passed failed skipped s", "Signals 1 0 1 3.0");
  }

  @Test
  void aFailureIsShownWithTheWayToRunItAgainAndIsStatusOne() {
    CommandRun run =
        run(
            summary(null, GOOD, result("signalsCarry", Outcome.FAILED, "[SIG-1] wanted 4, seen 3")),
            "--backend",
            "host",
            "-P",
            "host.threads=2");
    assertThat(run.status()).isEqualTo(ExitCode.CHECK_FAILED);
    assertThat(run.out())
        .startsWith("FAILED Signals: signals carry [3 ranks, chaos]: [SIG-1] wanted 4, seen 3\n")
        .contains(
            "again: counterpoint conformance --backend host --only signalsCarry --ranks 3"
                + " --seed 20250101 -P host.threads=2\n",
            "host, smoke run, seed 20250101: 1 passed, 1 failed, 0 skipped");
  }

  @Test
  void whatFailsInSomeRunsOnlyIsAFlakeWithItsSeeds() {
    AtomicInteger runs = new AtomicInteger();
    ConformanceCommand command =
        new ConformanceCommand(
            (options, listener) ->
                summary(
                    null,
                    GOOD,
                    result(
                        "signalsCarry",
                        runs.incrementAndGet() == 2 ? Outcome.FAILED : Outcome.PASSED,
                        "seen 3")));
    CommandRun run =
        CommandRun.of(
            new CommandLine(command), "--backend", "host", "--repeat", "3", "--seed", "5");
    assertThat(runs).hasValue(3);
    assertThat(run.status()).isEqualTo(ExitCode.CHECK_FAILED);
    assertThat(run.out())
        .contains(
            "FLAKE, failed with seed 6: Signals: signals carry [3 ranks, chaos]: seen 3",
            "--only signalsCarry --ranks 3 --seed 6",
            "host, 3 smoke runs, seeds 5 to 7: 5 passed, 1 failed, 0 skipped in 0 s; flakes: 1");
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains("5 2 0 0 0.0", "6 1 1 0 0.0");
  }

  @Test
  void aRunInWhichNothingRanProvesNothing() {
    CommandRun run =
        run(summary(null, result("x", Outcome.SKIPPED, "needs more")), "--backend", "host");
    assertThat(run.status()).isEqualTo(ExitCode.CHECK_FAILED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--repeat 0 | --repeat is 0; it must be at least 1",
        "--chaos much | it must be a seed, which is an integer, or off",
        "--only GEMM-99 --backend host | only is GEMM-99; it must be a rule that has a test",
        "--ranks 0 --backend host | ranks is 0; it must be at least 1",
        "--compare --backend host | it must name two backends or more",
        "--compare --backend host,host --only SIG | --compare runs no tests",
        "--backend host -P host.threads=x | host.threads is x",
        "--report /proc/none | which cannot be made"
      })
  void whatCannotBeIsOneSentenceAndStatusTwo(String arguments, String sentence) {
    CommandRun run = CommandRun.of(("conformance " + arguments.trim()).split(" "));
    assertThat(run.err()).contains(sentence).startsWith("counterpoint: ").doesNotContain("\tat ");
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aComparisonOfTwoBackendsIsATable() {
    CommandRun run =
        CommandRun.of("conformance", "--compare", "--backend", "host,abacus,host", "--ranks", "1");
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(
            "host#1: 1 virtual device",
            "left out abacus: unavailable: it is not on the class path",
            " agree, 0 differ, 0 skipped, seed 20250101");
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains("gemm-rs fused int8→int32 37×29×31 1 integers 0 0 – equal");
    assertThat(CommandRun.of("conformance", "--compare", "--backend", "host,abacus").status())
        .isEqualTo(ExitCode.UNAVAILABLE);
  }

  @Test
  void aReportThatCannotBeADirectoryIsRefused(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    CommandRun run = CommandRun.of("conformance", "--report", file.toString());
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("which is a file");
  }

  @Test
  void aBackendThatIsNotThereIsStatusThree() {
    assertThat(CommandRun.of("conformance", "--backend", "abacus").status())
        .isEqualTo(ExitCode.UNAVAILABLE);
  }
}
