package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.JsonReport;
import dev.counterpoint.core.measure.StartGate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command from end to end, on small problems that nothing divides. */
class BenchOnHostTest {
  @TempDir Path directory;

  private CommandRun bench(String arguments, String... more) {
    List<String> all = new ArrayList<>(List.of("bench"));
    all.addAll(Arrays.asList(arguments.split(" ")));
    all.addAll(List.of("--backend", "host", "--iterations", "2", "--warmup", "1"));
    all.addAll(List.of(more));
    return CommandRun.of(all.toArray(String[]::new));
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  @ParameterizedTest
  @CsvSource({
    "ag-gemm -m 67 -n 45 -k 33 --ranks 3 --bias, 3",
    "gemm-rs -m 67 -n 45 -k 33 --ranks 3 --dtype bf16 --bias --weight-layout kn, 3",
    "gemm-ar -m 5 -n 45 -k 133 --ranks 2 --dtype int8, 2",
    "gemm-a2a -m 67 -n 45 -k 33 --ranks 3 --dtype fp16, 3",
    "gemm-rs -m 2 -n 3 -k 2 --ranks 4, 4",
    "gemm-rs -m 67 -n 45 -k 33 --ranks 3 --norm rms --bias, 3",
    "gemm-ar -m 35 -n 45 -k 33 --ranks 2 --norm layer --dtype bf16, 2",
    "gemm-a2a -m 67 -n 45 -k 33 --ranks 3 --splits slope:4, 3",
    "'gemm-a2a -n 45 -k 33 --ranks 2 --splits 10,20;30,0 --dtype fp16', 2",
    "ag-gemm -m 0 -n 8 -k 8 --ranks 2, 2",
    "gemm-ar -m 9 -n 8 -k 7 --ranks 1, 1"
  })
  void everyStrategyIsRight(String arguments, int ranks) throws Exception {
    CommandRun run = bench(arguments, "--json", file("run.json").toString());
    assertThat(run.err()).doesNotContain("counterpoint:");
    assertThat(run.status()).isZero();
    BenchReport report = JsonReport.read(Files.readString(file("run.json")));
    assertThat(report.problem().ranks()).isEqualTo(ranks);
    assertThat(report.rows())
        .extracting(BenchReport.Row::strategy)
        .allSatisfy(name -> assertThat(run.out()).contains(name))
        .hasSize(6);
    assertThat(report.rows())
        .allSatisfy(
            row -> {
              assertThat(row.status()).isEqualTo(BenchReport.Status.OK);
              assertThat(row.median()).isPositive();
              assertThat(row.repeatable()).isTrue();
            });
    BenchReport.Baseline base = report.baseline();
    BenchReport.Row last = report.rows().get(3);
    assertThat(base.sequential()).isEqualTo(report.rows().get(0).median());
    assertThat(last.exposed()).isEqualTo(last.median() - base.gemm());
    assertThat(last.speedUp()).isEqualTo(base.sequential() / last.median());
    assertThat(base.sol()).isEqualTo(Math.max(base.gemm(), base.wire()));
  }

  @Test
  void normsAndSplitsAreInTheReport() throws Exception {
    Path json = file("run.json");
    bench("gemm-rs -m 32 -n 16 -k 16 --ranks 2 --norm rms", "--json", json.toString());
    BenchReport normalised = JsonReport.read(Files.readString(json));
    assertThat(normalised.problem().norm()).isEqualTo("rms");
    assertThat(normalised.problem().sizes()).contains("residual and rms norm");
    CommandRun divided =
        bench("gemm-a2a -n 16 -k 16 --ranks 2 --splits 10,20;30,5", "--json", json.toString());
    assertThat(divided.out()).contains("splits 10,20;30,5");
    assertThat(JsonReport.read(Files.readString(json)).problem().m())
        .as("the most that any rank sends")
        .isEqualTo(35);
  }

  @ParameterizedTest
  @CsvSource({
    "ag-gemm --norm rms, --norm is for gemm-rs and gemm-ar",
    "gemm-rs --norm batch, neither rms nor layer",
    "gemm-ar --splits slope:2, --splits is for gemm-a2a",
    "gemm-a2a --splits steep, is no division",
    "'gemm-a2a --splits 1,2;3,4 --ranks 3', the rows of 2 ranks"
  })
  void whatAnOperatorCannotDoIsRefused(String arguments, String words) {
    CommandRun run = bench(arguments);
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(words);
  }

  @Test
  void replaysAreTimedAndChecked() throws Exception {
    CommandRun run =
        bench(
            "gemm-rs -m 67 -n 45 -k 33 --ranks 3 --replay 3",
            "--json",
            file("run.json").toString());
    assertThat(run.err()).doesNotContain("counterpoint:");
    assertThat(run.status()).isZero();
    BenchReport report = JsonReport.read(Files.readString(file("run.json")));
    assertThat(report.rows())
        .hasSize(6)
        .allSatisfy(
            row -> {
              assertThat(row.status()).isEqualTo(BenchReport.Status.OK);
              assertThat(row.repeatable()).isTrue();
            });
    assertThat(run.out()).contains("captured graph of 3 launches");
    assertThat(bench("gemm-rs --replay -1").status()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void sequentialIsMeasuredEvenWhenNotAskedFor() throws Exception {
    CommandRun run =
        bench(
            "ag-gemm -m 16 -n 16 -k 16 --ranks 2 --strategy fused,auto --chunks 2 --tile 8x8",
            "--json",
            file("run.json").toString());
    assertThat(run.status()).isZero();
    BenchReport report = JsonReport.read(Files.readString(file("run.json")));
    assertThat(report.rows())
        .extracting(BenchReport.Row::strategy)
        .hasSize(3)
        .startsWith("sequential", "fused")
        .last()
        .asString()
        .startsWith("auto");
    assertThat(report.problem().chunks()).isEqualTo(2);
    assertThat(report.problem().tile()).isEqualTo("8x8");
  }

  @Test
  void everyFileIsWrittenAndSaysThatTheLinkIsSimulated() throws Exception {
    CommandRun run =
        bench(
            "gemm-rs -m 64 -n 32 -k 64 --ranks 2 --link 1GB/s --latency 5us --chaos 3", //
            "--json",
            file("r.json").toString(),
            "--csv",
            file("r.csv").toString(),
            "--html",
            file("r.html").toString(),
            "--trace",
            file("r.trace").toString());
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("SIMULATED link", "Chaos was on");
    assertThat(run.err()).doesNotContain("Hint:").contains("wrote ");
    assertThat(Files.readString(file("r.json")))
        .contains("\"linkSimulated\" : true", "\"linkBytesPerSecond\" : 1.0E9");
    assertThat(Files.readAllLines(file("r.csv"))).hasSize(7);
    assertThat(Files.readString(file("r.html")))
        .contains("simulated link", "aria-label=\"Timeline of fused");
    assertThat(new ObjectMapper().readTree(file("r.trace").toFile()).get("traceEvents"))
        .isNotEmpty();
    assertThat(Files.readString(file("r.trace"))).doesNotContain(StartGate.LABEL);
  }

  @Test
  void withoutALinkThereIsAHint() {
    CommandRun run = bench("gemm-ar -m 8 -n 8 -k 8 --ranks 2");
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("--link 2GB/s simulates a link");
    assertThat(run.out()).doesNotContain("SIMULATED");
  }

  @Test
  void layersAreNamedInTheOutput() {
    CommandRun run = bench("gemm-ar -m 1 --ranks 1 --preset llama3-8b:o --strategy sequential");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("llama3-8b:o (attention output)", "N 4096", "K 4096");
  }

  @Test
  void aSettingThatTheBackendDoesNotKnowIsStatusTwo() {
    CommandRun run = bench("ag-gemm -m 8 -n 8 -k 8 -P host.colour=red");
    assertThat(run.status()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).startsWith("counterpoint: ").contains("host.colour");
    assertThat(run.err().lines()).hasSize(1);
  }
}
