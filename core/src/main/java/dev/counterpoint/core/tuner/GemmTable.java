package dev.counterpoint.core.tuner;

import java.util.List;

/**
 * Time of an unsplit GEMM against its sizes: sampled on a grid, interpolated linearly in the
 * logarithms. Below the grid the time is that of its edge; above it the time grows with the work.
 * More rows, columns or inner length never take less time.
 *
 * @param rows the grid's rows, ascending
 * @param cols its columns
 * @param inner its inner lengths
 * @param micros times, inner lengths fastest; negative where nothing was sampled because it would
 *     have taken too long
 */
public record GemmTable(
    List<Integer> rows, List<Integer> cols, List<Integer> inner, List<Double> micros) {
  /** Checks the sizes and fills the gaps. */
  public GemmTable {
    rows = ascending(rows);
    cols = ascending(cols);
    inner = ascending(inner);
    if (micros.size() != rows.size() * cols.size() * inner.size()) {
      throw new IllegalArgumentException("a table of " + micros.size() + " times is not the grid");
    }
    micros = List.copyOf(new Filling(rows, cols, inner, micros).filled());
  }

  private static List<Integer> ascending(List<Integer> axis) {
    for (int i = 0; i < axis.size(); i++) {
      if (axis.get(i) < 1 || (i > 0 && axis.get(i) <= axis.get(i - 1))) {
        throw new IllegalArgumentException("not an ascending axis: " + axis);
      }
    }
    if (axis.isEmpty()) {
      throw new IllegalArgumentException("an axis is empty");
    }
    return List.copyOf(axis);
  }

  /** Microseconds of a GEMM; 0 where there is nothing to compute. */
  public double micros(double m, double n, double k) {
    if (m <= 0 || n <= 0 || k <= 0) {
      return 0;
    }
    Position i = Position.of(rows, m);
    Position j = Position.of(cols, n);
    Position l = Position.of(inner, k);
    double log = 0;
    for (int corner = 0; corner < 8; corner++) {
      double weight =
          i.weight((corner & 4) != 0) * j.weight((corner & 2) != 0) * l.weight((corner & 1) != 0);
      if (weight > 0) {
        log +=
            weight
                * Math.log(
                    at(
                        i.index((corner & 4) != 0),
                        j.index((corner & 2) != 0),
                        l.index((corner & 1) != 0)));
      }
    }
    return Math.exp(log) * i.beyond * j.beyond * l.beyond;
  }

  /** The sampled or extended time of a point of the grid. */
  double at(int i, int j, int l) {
    return micros.get((i * cols.size() + j) * inner.size() + l);
  }

  /** Where a value lies on an axis; beyond its end, so many times as far as its end. */
  record Position(int lower, double upperWeight, double beyond) {
    static Position of(List<Integer> axis, double value) {
      int last = axis.size() - 1;
      if (value >= axis.get(last)) {
        return new Position(last, 0, value / axis.get(last));
      }
      if (value <= axis.get(0)) {
        return new Position(0, 0, 1);
      }
      int lower = 0;
      while (axis.get(lower + 1) < value) {
        lower++;
      }
      double low = Math.log(axis.get(lower));
      double high = Math.log(axis.get(lower + 1));
      return new Position(lower, (Math.log(value) - low) / (high - low), 1);
    }

    double weight(boolean upper) {
      return upper ? upperWeight : 1 - upperWeight;
    }

    int index(boolean upper) {
      return upper ? lower + 1 : lower;
    }
  }

  /** Makes a table whole: gaps at the best neighbour's rate, and no time below a smaller one's. */
  private record Filling(
      List<Integer> rows, List<Integer> cols, List<Integer> inner, List<Double> sampled) {
    List<Double> filled() {
      double[] times = new double[sampled.size()];
      int[] strides = {cols.size() * inner.size(), inner.size(), 1};
      List<List<Integer>> axes = List.of(rows, cols, inner);
      for (int at = 0; at < times.length; at++) {
        double floor = 0;
        double extended = Double.POSITIVE_INFINITY;
        for (int axis = 0; axis < 3; axis++) {
          int index = at / strides[axis] % axes.get(axis).size();
          if (index > 0) {
            double below = times[at - strides[axis]];
            double ratio = (double) axes.get(axis).get(index) / axes.get(axis).get(index - 1);
            floor = Math.max(floor, below);
            extended = Math.min(extended, below * ratio);
          }
        }
        double sample = sampled.get(at);
        if (sample < 0 && Double.isInfinite(extended)) {
          throw new IllegalArgumentException("the smallest GEMM was not sampled");
        }
        times[at] = Math.max(1e-3, Math.max(floor, sample < 0 ? extended : sample));
      }
      return java.util.Arrays.stream(times).boxed().toList();
    }
  }
}
