package dev.counterpoint;

import static dev.counterpoint.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SplitsTest {
  private static final Splits SPLITS = Splits.of(new long[][] {{1, 2, 3}, {0, 5, 0}, {7, 0, 4}});

  @Test
  void startsAreTheSumsOfWhatComesBefore() {
    assertThat(SPLITS.sendStart(0, 2)).isEqualTo(3);
    assertThat(SPLITS.sendStart(2, 1)).isEqualTo(7);
    assertThat(SPLITS.receiveStart(2, 0)).isEqualTo(1);
    assertThat(SPLITS.receiveStart(2, 2)).isEqualTo(3);
    assertThat(SPLITS.sent(2)).isEqualTo(11);
    assertThat(SPLITS.received(1)).isEqualTo(7);
    assertThat(SPLITS.most()).isEqualTo(7);
    assertThat(SPLITS.mostSent()).isEqualTo(11);
  }

  @Test
  void aShiftKeepsOneCountOfEachRank() {
    Splits next = SPLITS.shifted(1);
    assertThat(next).isEqualTo(Splits.of(new long[][] {{0, 2, 0}, {0, 0, 0}, {7, 0, 0}}));
    assertThat(next.sendStart(0, 1)).isZero();
    assertThat(next.receiveStart(2, 0)).isZero();
    assertThat(SPLITS.times(4).count(2, 2)).isEqualTo(16);
    assertThat(SPLITS.hashCode()).isEqualTo(SPLITS.times(1).hashCode());
    assertThat(next).isNotEqualTo(SPLITS).hasToString("[0, 2, 0]; [0, 0, 0]; [7, 0, 0]");
  }

  @Test
  void whatIsNoMatrixOfCountsIsRefused() {
    refused("splits", () -> Splits.of(new long[0][]));
    refused("splits[1]", () -> Splits.of(new long[][] {{1, 2}, {3}}));
    refused("splits[0][1]", () -> Splits.of(new long[][] {{1, -2}, {3, 4}}));
  }

  @Test
  void anAllToAllTakesItsRowsFromThem() {
    GemmAllToAllSpec spec = GemmAllToAllSpec.builder().splits(SPLITS).n(8).k(4).build();
    assertThat(spec.problem().m()).isEqualTo(11);
    assertThat(spec.inputShape(1, 3)).isEqualTo(new Shape(5, 4));
    assertThat(spec.outputShape(1, 3)).isEqualTo(new Shape(7, 8));
    assertThat(spec.withTuning(Tuning.AUTOMATIC.withChunks(2)).splits()).isEqualTo(SPLITS);
    refused("m", () -> GemmAllToAllSpec.builder().splits(SPLITS).m(10).n(8).k(4).build());
    refused("splits", () -> spec.inputShape(0, 2));
    refused("splits", () -> spec.outputShape(0, 4));
  }
}
