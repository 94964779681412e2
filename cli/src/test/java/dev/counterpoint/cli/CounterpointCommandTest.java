package dev.counterpoint.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.InvalidArgumentException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CounterpointCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frobnicate | frobnicate",
        "bench | an operator is missing: ag-gemm, gemm-rs, gemm-ar or gemm-a2a",
        "bench gemm-xy | there is no operator 'gemm-xy'; there are ag-gemm, gemm-rs, gemm-ar, gemm-a2a",
        "bench ag-gemm --frob | '--frob'",
        "bench ag-gemm -m many | 'many' is not an int",
        "bench ag-gemm --dtype fp64 | 'fp64' is not one of fp32, fp16, bf16",
        "bench ag-gemm --tile 128 | '128' is not a tile: write rows x columns, such as 128x256",
        "bench ag-gemm --strategy slow | there is no strategy 'slow'",
        "bench ag-gemm --iterations 0 | --iterations is 0; it must be at least 1",
        "bench ag-gemm --preset gpt9 | there is no preset 'gpt9'; there are gpt3-175b, llama3-8b",
        "bench ag-gemm --preset llama3-8b:head | preset llama3-8b has no layer 'head'; it has up, down, qkv, o",
        "bench ag-gemm --preset llama3-8b -n 4 | --preset gives N and K",
        "bench ag-gemm --json no/such/directory/f.json | 'no/such/directory/f.json' cannot be written",
        "bench ag-gemm --json f --csv f | 'f' is named twice",
        "bench --host-overhead --html f | --host-overhead writes --json only",
        "bench gemm-ar --reorder-overhead | --reorder-overhead is of no operator",
        "bench --reorder-overhead --dtype int8 | which INT32 cannot",
        "stress nope | there is no operator 'nope'",
        "stress --launches 0 | --launches is 0; it must be 1 to 100000000",
        "stress --timeout 0 | --timeout is 0; it must be at least 1 second",
        "stress --strategy slow | there is no strategy 'slow'",
        "stress --backend host --stop-rank 9 | stop-rank is 9; it must be one of 0 to 3",
        "stress --backend host --ranks -1 | ranks is -1; it must be at least 1",
        "stress --json no/such/f.json | 'no/such/f.json' cannot be written: its directory",
        "bench ag-gemm --latency 5us --backend host | --latency needs --link",
        "bundle | Missing required parameter: 'DIR'",
        "bundle /tmp | '/tmp' is there already and not an empty directory"
      })
  void whatCannotBeIsOneSentenceAndStatusTwo(String arguments, String sentence) {
    CommandRun run = CommandRun.of(arguments.trim().split(" "));
    assertThat(run.err()).contains(sentence).startsWith("counterpoint: ").doesNotContain("\tat ");
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void nothingAtAllIsAnsweredWithTheCommandsThereAre() {
    CommandRun run = CommandRun.of();
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(
            "a command is missing: bench, tune, profile, doctor, conformance, stress or bundle");
  }

  @Test
  void aBackendThatIsNotThereIsStatusThree() {
    CommandRun run = CommandRun.of("bench", "ag-gemm", "--backend", "abacus");
    assertThat(run.status()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(run.err())
        .startsWith(
            "counterpoint: backend 'abacus' is not available: it is not on the class path; there is ")
        .doesNotContain("\tat ");
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void verboseAddsTheStackTrace() {
    CommandRun run = CommandRun.of("bench", "ag-gemm", "--backend", "abacus", "--verbose");
    assertThat(run.status()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(run.err()).contains("\tat ");
    CommandRun.of("--version"); // back to quiet for the tests that follow
    Logging.verbose(false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bench", "doctor", "conformance", "stress", "bundle"})
  void everyCommandExplainsItself(String command) {
    CommandRun run = command.isEmpty() ? CommandRun.of("--help") : CommandRun.of(command, "--help");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Usage: counterpoint").contains("Exit status:");
    if (!command.isEmpty()) {
      assertThat(run.out()).contains("Examples:");
    }
  }

  @Test
  void versionNamesTheCommandAndTheJava() {
    CommandRun run = CommandRun.of("--version");
    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("counterpoint ").contains("Java 1", "Linux");
  }

  @Test
  void presetsAreListedWithTheOperatorsThatTakeThem() {
    CommandRun run = CommandRun.of("bench", "--preset", "list");
    assertThat(run.status()).isZero();
    assertThat(run.out().lines())
        .anySatisfy(
            line ->
                assertThat(line.split("\\s{2,}"))
                    .containsExactly(
                        "llama3-70b:up",
                        "57344",
                        "8192",
                        "MLP gate and up projections",
                        "ag-gemm"));
  }

  @Test
  void failuresAreSortedByKind() {
    assertThat(FailureHandler.exitCode(new InvalidArgumentException("m", -1, "not be negative")))
        .isEqualTo(ExitCode.USAGE);
    assertThat(FailureHandler.exitCode(new BackendUnavailableException("none")))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(FailureHandler.exitCode(new IllegalStateException("bug")))
        .isEqualTo(ExitCode.CHECK_FAILED);
    assertThat(
            List.of(
                FailureHandler.sentence(new NoSuchFileException("a")),
                FailureHandler.sentence(new IllegalStateException("bug"))))
        .containsExactly(
            "there is no file or directory 'a'",
            "internal error: java.lang.IllegalStateException: bug; run it again with --verbose for details");
  }
}
