package dev.counterpoint.cli.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.cli.CommandRun;
import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.report.BenchReport.Baseline;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileTest {
  private static final Baseline BASELINE =
      new Baseline(60, "tile engine", Double.NaN, 60, 30, "all-gather", 1e6, 30, 60, 90);

  private static TraceEvent event(Kind kind, String lane, String name, int from, int to) {
    return new TraceEvent(0, lane, kind, name, "op", from * 1000L, to * 1000L);
  }

  private static TraceEvent tile(String lane, int number, int from, int to) {
    return event(Kind.COMPUTE, lane, "tile " + number, from, to);
  }

  private static RankProfile profile(TraceEvent... events) {
    return RankProfile.of(List.of(events)).get(0);
  }

  @Test
  void timeIsDividedIntoWhatItWasSpentOn() {
    RankProfile profile =
        profile(
            event(Kind.TRANSFER, "send", "put", 0, 50),
            event(Kind.COMPUTE, "main", "gemm of all tiles", 5, 90), // covers waits
            tile("unit 0", 0, 20, 40),
            tile("unit 0", 1, 60, 90),
            tile("unit 1", 2, 20, 70),
            event(Kind.REDUCE, "receive", "reduce", 90, 100));
    assertThat(profile.total()).isCloseTo(100, within(1e-9));
    assertThat(profile.computing()).isCloseTo(70, within(1e-9));
    assertThat(profile.moving()).isCloseTo(50, within(1e-9));
    assertThat(profile.both()).isCloseTo(30, within(1e-9));
    assertThat(profile.head()).isCloseTo(20, within(1e-9));
    assertThat(profile.gaps()).isCloseTo(0, within(1e-9));
    assertThat(profile.tailWave()).isCloseTo(20, within(1e-9));
    assertThat(profile.after()).isCloseTo(10, within(1e-9));
  }

  @Test
  void eachBoundIsRecognized() {
    TraceEvent put = event(Kind.TRANSFER, "send", "put", 0, 10);
    assertThat(Diagnosis.bound(profile(put, tile("u", 0, 2, 100)))).isEqualTo(Diagnosis.Bound.GEMM);
    assertThat(
            Diagnosis.bound(
                profile(event(Kind.COLLECTIVE, "send", "all", 0, 100), tile("u", 0, 10, 40))))
        .isEqualTo(Diagnosis.Bound.WIRE);
    assertThat(Diagnosis.bound(profile(put, tile("u", 0, 50, 100))))
        .isEqualTo(Diagnosis.Bound.FIRST_CHUNK);
    assertThat(Diagnosis.bound(profile(put, tile("u", 0, 2, 30), tile("u", 1, 70, 100))))
        .isEqualTo(Diagnosis.Bound.ARRIVAL);
    assertThat(
            Diagnosis.bound(
                profile(put, tile("u", 0, 2, 50), event(Kind.REDUCE, "r", "reduce", 60, 100))))
        .isEqualTo(Diagnosis.Bound.LAST_CHUNK);
    assertThat(Diagnosis.bound(profile(put, tile("u", 0, 2, 50), tile("v", 1, 2, 100))))
        .isEqualTo(Diagnosis.Bound.TAIL_WAVE);
  }

  @Test
  void theParagraphNamesTheBoundAndItsSize() {
    String words =
        Diagnosis.paragraph(
            "fused",
            profile(
                event(Kind.TRANSFER, "send", "put", 0, 10),
                tile("u", 0, 5, 50),
                event(Kind.REDUCE, "r", "reduce", 60, 100)),
            BASELINE);
    assertThat(words)
        .startsWith("fused: rank 0 took 100 µs. It computed during 45 %")
        .contains("50 % of the communication was hidden", "follows the last tile: 50 µs");
  }

  @Test
  void profilesAShapeOnTheHost(@TempDir Path temporary) throws Exception {
    Path page = temporary.resolve("page.html");
    CommandRun run =
        CommandRun.of(
            "profile",
            "gemm-rs",
            "64",
            "48",
            "40",
            "--backend",
            "host",
            "--ranks",
            "2",
            "--iterations",
            "2",
            "--warmup",
            "1",
            "--html",
            page.toString());
    assertThat(run.status()).as(run.err()).isEqualTo(ExitCode.GOOD);
    assertThat(run.out())
        .contains("exposed µs", "sequential", "decomposed", "signaled", "fused: rank");
    assertThat(Files.readString(page)).contains("fused: rank", "<svg");
  }
}
