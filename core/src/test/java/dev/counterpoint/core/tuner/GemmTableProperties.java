package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;

class GemmTableProperties {
  private static final List<Integer> AXIS = List.of(16, 256);

  @Property
  void moreWorkNeverTakesLessTime(
      @ForAll @Size(value = 8) List<@DoubleRange(min = 1, max = 1e4) Double> micros,
      @ForAll @DoubleRange(min = 1, max = 4096) double m,
      @ForAll @DoubleRange(min = 1, max = 4096) double n,
      @ForAll @DoubleRange(min = 1, max = 4096) double k,
      @ForAll @DoubleRange(min = 1, max = 8) double factor) {
    GemmTable table = new GemmTable(AXIS, AXIS, AXIS, micros);
    double time = table.micros(m, n, k) * (1 - 1e-9);
    assertThat(table.micros(m * factor, n, k)).isGreaterThanOrEqualTo(time);
    assertThat(table.micros(m, n * factor, k)).isGreaterThanOrEqualTo(time);
    assertThat(table.micros(m, n, k * factor)).isGreaterThanOrEqualTo(time);
  }

  @Example
  void samplesAreKeptAndGapsTakeTheBestNeighboursRate() {
    GemmTable table =
        new GemmTable(AXIS, AXIS, AXIS, List.of(1.0, 10.0, 12.0, 100.0, 9.0, 90.0, 110.0, -1.0));
    assertThat(table.micros(16, 256, 16)).isCloseTo(12, within(1e-9));
    assertThat(table.micros(256, 256, 256)).isCloseTo(90 * 16, within(1e-6));
    assertThat(table.micros(16, 16, 512)).as("twice the work").isCloseTo(20, within(1e-9));
    assertThat(table.micros(1, 1, 1)).as("at least a launch").isCloseTo(1, within(1e-9));
    assertThat(table.micros(0, 16, 16)).isZero();
  }

  @Example
  void whatIsNoTableIsRefused() {
    assertThatThrownBy(() -> new GemmTable(AXIS, AXIS, AXIS, List.of(1.0)))
        .hasMessageContaining("not the grid");
    assertThatThrownBy(
            () -> new GemmTable(List.of(2, 1), List.of(1), List.of(1), List.of(1.0, 1.0)))
        .hasMessageContaining("ascending");
    assertThatThrownBy(() -> new GemmTable(List.of(1), List.of(1), List.of(1), List.of(-1.0)))
        .hasMessageContaining("smallest");
  }
}
