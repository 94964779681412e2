package dev.counterpoint.cli.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
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
      new Baseline(
          60, "tile engine", Double.NaN, 60, 30, "all-gather", Double.NaN, 1e6, 30, 60, 90);

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
    assertThat(profile.busy()).isCloseTo(50, within(1e-9));
    assertThat(profile.gaps()).isCloseTo(10, within(1e-9));
    assertThat(profile.tailWave()).isCloseTo(10, within(1e-9));
    assertThat(profile.after()).isCloseTo(10, within(1e-9));
  }

  @Test
  void theMeanLaneIsDividedWithoutARest() {
    RankProfile profile =
        profile(
            event(Kind.TRANSFER, "send", "put", 0, 50),
            event(Kind.COMPUTE, "main", "vendor gemm", 3, 8), // has all units
            tile("SM 0", 0, 20, 40),
            event(Kind.OTHER, "SM 0", "store of tile 0", 30, 40),
            tile("SM 2", 1, 25, 90),
            tile("SM 10", 2, 20, 70),
            event(Kind.REDUCE, "receive", "reduce", 90, 100));
    assertThat(profile.busy()).isCloseTo(5 + (20 + 65 + 50) / 3.0, within(1e-9));
    assertThat(profile.storing()).isCloseTo(10 / 3.0, within(1e-9));
    assertThat(
            profile.head() + profile.busy() + profile.gaps() + profile.tailWave() + profile.after())
        .isCloseTo(profile.total(), within(1e-9));
    assertThat(Diagnosis.paragraph("fused", profile, BASELINE))
        .contains(
            "It computed during 75 % of that, the mean compute lane during 50 % (storing tiles: 3"
                + " %)");
  }

  @Test
  void lanesThatWaitInTurnsAreNotBoundByTheGemm() {
    assertThat(
            Diagnosis.bound(
                profile(
                    event(Kind.TRANSFER, "send", "put", 0, 10),
                    tile("SM 0", 0, 0, 40),
                    tile("SM 0", 1, 80, 100),
                    tile("SM 1", 2, 35, 85),
                    tile("SM 1", 3, 95, 100))))
        .isEqualTo(Diagnosis.Bound.ARRIVAL);
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
  void aRankWithoutTilesHasNothingToCompute() {
    assertThat(
            Diagnosis.paragraph(
                "fused", profile(event(Kind.TRANSFER, "send", "put", 0, 10)), BASELINE))
        .isEqualTo("fused: rank 0 took 10 µs and had nothing to compute.");
  }

  private static TraceEvent at(int rank, Kind kind, String lane, String name, int from, int to) {
    return new TraceEvent(rank, lane, kind, name, "op", from * 1000L, to * 1000L);
  }

  /** Rank 0 waits for rank 2, then for its own library, then for what nobody traced. */
  private static List<TraceEvent> waiting() {
    return List.of(
        at(1, Kind.TRANSFER, "send", "put → 0 (2 MiB)", 0, 90),
        at(2, Kind.TRANSFER, "send", "put → 0 (2 MiB)", 0, 119),
        at(2, Kind.TRANSFER, "send", "put → 10", 0, 120),
        at(0, Kind.COMPUTE, "SM 3", "tile 7", 0, 80),
        at(0, Kind.WAIT, "SM 3", "gate of tile 8", 80, 120),
        at(0, Kind.COMPUTE, "SM 3", "tile 8", 120, 150),
        at(0, Kind.WAIT, "SM 3", "gate of tile 9", 150, 160),
        at(0, Kind.COLLECTIVE, "send", "exchange", 100, 160),
        at(0, Kind.COMPUTE, "SM 3", "tile 9", 160, 170),
        at(0, Kind.WAIT, "SM 3", "end", 200, 205),
        at(0, Kind.WAIT, "receive", "await arrived[0]", 0, 200));
  }

  @Test
  void aTileThatWaitedSaysForWhom() {
    Delays delays = Delays.of(waiting());
    assertThat(delays.waits())
        .containsExactly(
            new Delays.Delay(0, "SM 3", "tile 8", 2, "put → 0 (2 MiB)", 40),
            new Delays.Delay(0, "SM 3", "tile 9", -1, "exchange", 10),
            new Delays.Delay(0, "SM 3", "", -1, "", 5));
    assertThat(delays.bySource()).containsExactly(entry(-1, 15.0), entry(2, 40.0));
    assertThat(Diagnosis.waits(delays))
        .isEqualTo(
            " Waiting of all compute lanes: 15 µs for anything else, 40 µs for rank 2; longest,"
                + " 40 µs: tile 8 on SM 3 of rank 0 waited for rank 2 (put → 0 (2 MiB)).");
    assertThat(Diagnosis.waits(new Delays(List.of()))).isEmpty();
  }

  @Test
  void whatHoldsAStreamHoldsItsUnits() {
    assertThat(
            Delays.of(
                    List.of(
                        at(1, Kind.TRANSFER, "send", "put → 0", 0, 50),
                        at(0, Kind.WAIT, "main", "await arrived[1]", 10, 52),
                        at(0, Kind.COMPUTE, "main/cu0", "tile 4", 60, 70),
                        at(0, Kind.WAIT, "mai", "await arrived[1]", 10, 52)))
                .waits())
        .containsExactly(new Delays.Delay(0, "main", "tile 4", 1, "put → 0", 42));
  }

  @Test
  void theTimelineCarriesItToo() {
    List<TraceEvent> annotated = Delays.annotated(waiting());
    assertThat(annotated).hasSameSizeAs(waiting());
    assertThat(annotated)
        .extracting(TraceEvent::name)
        .contains(
            "tile 7",
            "await arrived[0]",
            "gate of tile 8: tile 8 on SM 3 of rank 0 waited for rank 2 (put → 0 (2 MiB))",
            "gate of tile 9: tile 9 on SM 3 of rank 0 waited for exchange",
            "end: SM 3 of rank 0 waited for what was not traced");
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
        .contains("exposed µs", "bulk (reference)", "sequential", "pipelined", "ring")
        .contains("decomposed", "signaled", "fused: rank")
        .as("every rank has every figure")
        .containsPattern("(?m)^ +1( +-?[0-9.,]+){7}$");
    assertThat(Files.readString(page)).contains("fused: rank", "<svg");
  }
}
