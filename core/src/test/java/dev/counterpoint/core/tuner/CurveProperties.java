package dev.counterpoint.core.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;

class CurveProperties {
  private static List<Curve.Point> points(List<Double> micros) {
    List<Curve.Point> points = new ArrayList<>();
    for (int i = 0; i < micros.size(); i++) {
      points.add(new Curve.Point(1000 * Math.pow(2, i), micros.get(i)));
    }
    return points;
  }

  @Property
  void timeNeverFallsWhateverWasSampled(
      @ForAll @Size(min = 1, max = 12) List<@DoubleRange(min = 0, max = 1e5) Double> micros,
      @ForAll @DoubleRange(min = 1, max = 1e8) double a,
      @ForAll @DoubleRange(min = 1, max = 1e8) double b) {
    Curve curve = Curve.through(points(micros));
    double less = curve.micros(Math.min(a, b));
    assertThat(less).isLessThanOrEqualTo(curve.micros(Math.max(a, b)) + 1e-9).isNotNegative();
  }

  @Property
  void theMeanOfTheSamplesIsKept(
      @ForAll @Size(min = 1, max = 12) List<@DoubleRange(min = 0, max = 1e5) Double> micros) {
    double sum = micros.stream().mapToDouble(Double::doubleValue).sum();
    double fitted =
        Curve.through(points(micros)).points().stream().mapToDouble(Curve.Point::micros).sum();
    assertThat(fitted).isCloseTo(sum, within(1e-6 * (1 + sum)));
  }

  @Example
  void risingSamplesAreKeptAndInterpolatedBetweenAndExtendedBeyond() {
    Curve curve = Curve.through(points(List.of(10.0, 20.0, 60.0)));
    assertThat(curve.micros(1000)).isEqualTo(10);
    assertThat(curve.micros(1500)).isEqualTo(15);
    assertThat(curve.micros(4000)).isEqualTo(60);
    assertThat(curve.micros(8000)).as("at the bandwidth of the last piece").isEqualTo(140);
    assertThat(curve.micros(1)).as("latency").isEqualTo(10);
    assertThat(curve.micros(0)).isZero();
  }

  @Example
  void whatIsNoCurveIsRefused() {
    assertThatThrownBy(() -> new Curve(List.of())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Curve(points(List.of(2.0, 1.0)))).hasMessageContaining("rise");
    assertThatThrownBy(() -> new Curve.Point(1, Double.NaN)).hasMessageContaining("not a sample");
  }
}
