package dev.counterpoint.cli.tune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tunes small shapes on the host; the curves, which take long to sample, are made up. */
class TuneCommandTest {
  @TempDir private Path temporary;

  @BeforeEach
  void putCurves() {
    MadeUpCurves.put(temporary);
  }

  private CommandRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("tune"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--backend", "host", "--ranks", "2", "-P", "tuning.cache=" + temporary));
    return CommandRun.of(all.toArray(String[]::new));
  }

  @Test
  void tunesShowsResumesAndClears() throws Exception {
    Path json = temporary.resolve("report.json");
    CommandRun first =
        run(
            "gemm-rs",
            "--rows",
            "32,64",
            "-n",
            "48",
            "-k",
            "40",
            "--iterations",
            "2",
            "--json",
            json.toString());
    assertThat(first.status()).as(first.err()).isEqualTo(ExitCode.GOOD);
    assertThat(first.out())
        .contains("emulated devices", "gemm-rs   32  48  40", "gemm-rs   64  48  40")
        .contains("2 shapes; prediction error, median:", "gain over sequential");
    JsonNode report = new ObjectMapper().readTree(Files.readString(json));
    assertThat(report.at("/summary/shapes").asInt()).isEqualTo(2);
    assertThat(report.at("/report/entries/0/key/operator").asText()).isEqualTo("gemm-rs");
    assertThat(report.at("/report/machine/backend").asText()).isEqualTo("host");

    CommandRun again =
        run("gemm-rs", "--rows", "32,64", "-n", "48", "-k", "40", "--iterations", "2");
    assertThat(again.out()).as("what is in the cache is not measured again").isEqualTo(first.out());

    assertThat(run("--show").out()).isEqualTo(first.out());
    assertThat(run("--clear").out()).contains("removed 4 files");
    assertThat(run("--show").out()).doesNotContain("gemm-rs   32");
  }

  @Test
  void validationComparesTheModelsChoiceAndKeepsNothing() {
    CommandRun run =
        run(
            "ag-gemm",
            "-m",
            "64",
            "-n",
            "32",
            "-k",
            "32",
            "--iterations",
            "1",
            "--validate",
            "--exhaustive");
    assertThat(run.status()).as(run.err()).isEqualTo(ExitCode.GOOD);
    assertThat(run.out()).contains("the model's choice", "within 3 % of the fastest", "the few");
    assertThat(run("--show").out()).doesNotContain("ag-gemm   64");
  }

  @Test
  void drawsWhatItKnowsAndSaysWhatOfItWasMeasured() throws Exception {
    run("gemm-rs", "-m", "64", "-n", "128", "-k", "40", "--iterations", "2");
    Path map = temporary.resolve("map.svg");
    CommandRun run = run("gemm-rs", "-k", "40", "--map", map.toString());
    assertThat(run.status()).as(run.err()).isEqualTo(ExitCode.GOOD);
    String svg = Files.readString(map);
    assertThat(svg)
        .startsWith("<svg xmlns=")
        .contains("K 40", "1 of 117 shapes MEASURED", "emulated devices")
        .contains("M 64, N 128:", ", measured</title>", "M 2048, N 2048:");
    assertThat(svg.split("<circle", -1)).as("one dot").hasSize(2);
    assertThat(run("--map", map.toString()).err()).contains("name it");
  }

  @Test
  void aBudgetEndsTheRunWithWhatWasDone() {
    CommandRun run =
        run("gemm-rs", "--random", "200", "--validate", "--iterations", "1", "--budget", "1");
    assertThat(run.status()).as(run.err()).isEqualTo(ExitCode.GOOD);
    assertThat(run.err()).containsPattern("budget is used up after [0-9]+ of 200 shapes");
    assertThat(run.out())
        .containsPattern("more than 2 % slower than sequential on [0-9]+ of [0-9]+");
    assertThat(run("--budget", "-1").status()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void normsAndSplitsAreShapesOfTheirOwn() {
    List<String> small = List.of("-m", "32", "-n", "48", "-k", "40", "--iterations", "1");
    run(with(small, "gemm-rs"));
    assertThat(run(with(small, "gemm-rs", "--norm", "rms")).out())
        .contains("gemm-rs, rms+residual+sum  32  48  40");
    assertThat(run(with(small, "gemm-a2a", "--splits", "slope:3")).out())
        .containsPattern("gemm-a2a, splits [0-9a-f]{4}  32  48  40");
    CommandRun shown = run("--show");
    assertThat(shown.out()).contains("3 shapes;").containsPattern("gemm-rs +32  48  40");
  }

  private static String[] with(List<String> options, String... first) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(options);
    return all.toArray(String[]::new);
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThat(run("--iterations", "0").status()).isEqualTo(ExitCode.USAGE);
    CommandRun alone = CommandRun.of("tune", "ag-gemm", "--backend", "host", "--ranks", "1");
    assertThat(alone.status()).isEqualTo(ExitCode.USAGE);
    assertThat(alone.err()).contains("at least two ranks");
  }
}
