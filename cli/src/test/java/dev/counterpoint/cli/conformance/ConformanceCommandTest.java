package dev.counterpoint.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.conformance.ConformanceRunner.Options;
import dev.counterpoint.conformance.ConformanceRunner.Summary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

  @Test
  void everyOptionReachesTheKit() {
    CommandRun run =
        run(
            new Summary(10, 0, 2, List.of(), Path.of("r/index.html")),
            "--backend",
            "host",
            "--full",
            "--only",
            "SIG,GEMM-7",
            "--seed",
            "7",
            "--report",
            "r",
            "-P",
            "host.threads=2");
    assertThat(asked.get())
        .isEqualTo(
            new Options(
                "host",
                true,
                Set.of("SIG", "GEMM-7"),
                7,
                Map.of("host.threads", "2"),
                Path.of("r")));
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(
            "host, full run of SIG, GEMM-7, seed 7: 10 passed, 0 failed, 2 skipped",
            "report: r/index.html");
  }

  @Test
  void aFailureIsShownAndIsStatusOne() {
    CommandRun run =
        run(new Summary(9, 1, 0, List.of("SIG-1 on host, 2 ranks: wanted 4, was 3"), null));
    assertThat(run.status()).isEqualTo(ExitCode.CHECK_FAILED);
    assertThat(run.out())
        .contains("FAILED SIG-1 on host, 2 ranks: wanted 4, was 3", "host, smoke run");
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
