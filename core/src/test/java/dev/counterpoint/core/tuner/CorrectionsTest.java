package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CorrectionsTest {
  private static final String OPERATOR = "gemm-rs";

  private static Candidate candidate(Strategy strategy, double measured) {
    return new Candidate(Tuning.AUTOMATIC.withStrategy(strategy), 100, 100, measured);
  }

  private static TuningEntry entry(int m, Candidate... candidates) {
    TuningKey key = Synthetic.key(OPERATOR, m, 8, 8, 2);
    Tuning first = candidates[0].tuning();
    return new TuningEntry(key, first, first, first, List.of(candidates), false, 1, "now");
  }

  /** Sequential as modelled; fused 1, 2, 3, 4 and 5 times as long; ring measured once. */
  private static Corrections measured() {
    List<TuningEntry> entries = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      Candidate sequential = candidate(Strategy.SEQUENTIAL, 100);
      Candidate fused = candidate(Strategy.FUSED, 100 * i);
      entries.add(
          i == 3
              ? entry(i, sequential, fused, candidate(Strategy.RING, 100))
              : entry(i, sequential, fused));
    }
    return Corrections.from(entries);
  }

  @Test
  void aStrategyIsCorrectedByItsMedianAndDoubtedByMostOfItsSpread() {
    Corrections corrections = measured();
    assertThat(corrections.of(OPERATOR, Strategy.SEQUENTIAL)).isEqualTo(1);
    assertThat(corrections.doubt(OPERATOR, Strategy.SEQUENTIAL)).isZero();
    assertThat(corrections.of(OPERATOR, Strategy.FUSED)).isEqualTo(3);
    assertThat(corrections.doubt(OPERATOR, Strategy.FUSED))
        .as("half of five samples are off by a third, four of five by more")
        .isGreaterThan(0.5);
  }

  @Test
  void whatWasHardlyMeasuredIsTrustedNoMoreThanTheRest() {
    Corrections corrections = measured();
    double rest = corrections.doubt("ag-gemm", Strategy.SIGNALED);
    assertThat(rest).as("the spread of all eleven samples").isGreaterThan(1);
    assertThat(corrections.doubt(OPERATOR, Strategy.RING)).isEqualTo(rest);
    assertThat(corrections.of(OPERATOR, Strategy.RING)).isCloseTo(1, within(1e-12));
  }

  @Test
  void nothingMeasuredMeansNoCorrection() {
    Corrections none = Corrections.from(List.of());
    assertThat(none.of(OPERATOR, Strategy.FUSED)).isEqualTo(1);
    assertThat(none.doubt(OPERATOR, Strategy.FUSED)).isBetween(0.01, 0.1);
  }
}
