package dev.counterpoint.core.tuner;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Time against size, never falling: sampled at a few sizes and interpolated linearly between them.
 * Below the smallest size the time is that of the smallest, which is latency; above the largest it
 * grows as between the last two, which is bandwidth.
 *
 * @param points by ascending size, with times that never fall
 */
public record Curve(List<Point> points) {
  /**
   * One sample.
   *
   * @param size bytes, &gt; 0
   * @param micros microseconds, ≥ 0
   */
  public record Point(double size, double micros) {
    /** Checks the ranges. */
    public Point {
      if (!(size > 0) || !(micros >= 0) || Double.isInfinite(size + micros)) {
        throw new IllegalArgumentException("not a sample: " + size + " bytes, " + micros + " µs");
      }
    }
  }

  /** Checks the order. */
  public Curve {
    points = List.copyOf(points);
    if (points.isEmpty()) {
      throw new IllegalArgumentException("a curve needs a point");
    }
    for (int i = 1; i < points.size(); i++) {
      if (points.get(i).size() <= points.get(i - 1).size()
          || points.get(i).micros() < points.get(i - 1).micros()) {
        throw new IllegalArgumentException("a curve must rise: " + points);
      }
    }
  }

  /**
   * The curve that never falls and lies nearest to the samples: neighbours in the wrong order are
   * replaced by their mean (pool adjacent violators).
   */
  public static Curve through(List<Point> samples) {
    List<Point> sorted = new ArrayList<>(samples);
    sorted.sort(Comparator.comparingDouble(Point::size));
    List<double[]> pools = new ArrayList<>(); // sum of times, number of points
    for (Point point : sorted) {
      pools.add(new double[] {point.micros(), 1});
      while (pools.size() > 1 && mean(pools, 1) > mean(pools, 0)) {
        double[] last = pools.remove(pools.size() - 1);
        double[] before = pools.get(pools.size() - 1);
        before[0] += last[0];
        before[1] += last[1];
      }
    }
    List<Point> risen = new ArrayList<>();
    for (double[] pool : pools) {
      for (int i = 0; i < pool[1]; i++) {
        risen.add(new Point(sorted.get(risen.size()).size(), pool[0] / pool[1]));
      }
    }
    return new Curve(risen);
  }

  private static double mean(List<double[]> pools, int fromEnd) {
    double[] pool = pools.get(pools.size() - 1 - fromEnd);
    return pool[0] / pool[1];
  }

  /** Microseconds for so many bytes; 0 for none. */
  public double micros(double bytes) {
    if (bytes <= 0) {
      return 0;
    }
    Point first = points.get(0);
    if (bytes <= first.size() || points.size() == 1) {
      return first.micros();
    }
    int above = 1;
    while (above < points.size() - 1 && points.get(above).size() < bytes) {
      above++;
    }
    Point left = points.get(above - 1);
    Point right = points.get(above);
    double slope = (right.micros() - left.micros()) / (right.size() - left.size());
    return left.micros() + slope * (bytes - left.size());
  }

  /** What it takes however few bytes there are; 0 for none. */
  double least(double bytes) {
    return bytes <= 0 ? 0 : points.get(0).micros();
  }

  /** The same with other times: each multiplied by a factor. */
  Curve scaled(double factor) {
    return new Curve(points.stream().map(p -> new Point(p.size(), p.micros() * factor)).toList());
  }
}
