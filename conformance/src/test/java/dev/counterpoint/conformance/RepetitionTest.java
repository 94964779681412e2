package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.conformance.ConformanceRunner.Options;
import dev.counterpoint.conformance.ConformanceRunner.Summary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepetitionTest {
  private static TestResult result(String name, boolean good) {
    return new TestResult(
        "host",
        "Signals",
        name,
        "2 ranks",
        List.of("SIG-1"),
        good ? Outcome.PASSED : Outcome.FAILED,
        good ? "" : "wanted 4, seen 3",
        1);
  }

  @Test
  void everyRunIsMadeAndWhatFailsNowAndThenIsToldFromWhatAlwaysFails(@TempDir Path directory)
      throws IOException {
    List<Options> asked = new ArrayList<>();
    Repetition repetition =
        Repetition.run(
            Options.of("host").withSeed(40).withReport(directory),
            3,
            (options, listener) -> {
              asked.add(options);
              boolean odd = options.seed() % 2 == 1;
              return new Summary(
                  List.of(result("good", true), result("bad", false), result("flaky", !odd)),
                  Map.of(),
                  null);
            },
            BrokenBackendsTest.SILENT);
    assertThat(asked).extracting(Options::seed).containsExactly(40L, 41L, 42L);
    assertThat(asked)
        .extracting(Options::reportDirectory)
        .containsExactly(
            directory.resolve("seed-40"),
            directory.resolve("seed-41"),
            directory.resolve("seed-42"));
    assertThat(repetition.flakes())
        .extracting(Repetition.Flake::name, Repetition.Flake::seeds, Repetition.Flake::always)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("bad", List.of(40L, 41L, 42L), true),
            org.assertj.core.groups.Tuple.tuple("flaky", List.of(41L), false));
    assertThat(
            new ObjectMapper()
                .readTree(directory.resolve("repetition.json").toFile())
                .path("flakes")
                .path(1)
                .path("seeds")
                .path(0)
                .asLong())
        .isEqualTo(41);
  }

  @Test
  void aSingleRunReportsWhereItWasTold(@TempDir Path directory) {
    Repetition repetition =
        Repetition.run(
            Options.of("host").withReport(directory),
            1,
            (options, listener) -> {
              assertThat(options.reportDirectory()).isEqualTo(directory);
              return new Summary(List.of(result("bad", false)), Map.of(), null);
            },
            BrokenBackendsTest.SILENT);
    assertThat(repetition.flakes()).singleElement().matches(Repetition.Flake::always);
    assertThat(directory.resolve("repetition.json")).doesNotExist();
  }
}
