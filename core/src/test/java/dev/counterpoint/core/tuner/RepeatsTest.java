package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RepeatsTest {
  @Test
  void whatALoneOneTakesBesidesIsLeftOut() {
    assertThat(Repeats.each(5 + 3, 5 + 4 * 3, 4)).isCloseTo(3, within(1e-12));
    assertThat(Repeats.each(3, 4 * 3, 4)).isCloseTo(3, within(1e-12));
  }

  @Test
  void aLoneOneThatWasHeldUpMakesTheOthersNeitherFreeNorNegative() {
    assertThat(Repeats.each(40, 40, 4)).isEqualTo(2.5);
    assertThat(Repeats.each(90, 40, 4)).isEqualTo(2.5);
  }

  @Test
  void noneTakesMoreThanItsShare() {
    assertThat(Repeats.each(1, 40, 4)).isEqualTo(10);
  }
}
