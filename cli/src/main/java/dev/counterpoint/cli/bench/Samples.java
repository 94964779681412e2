package dev.counterpoint.cli.bench;

import java.util.Arrays;

/** Times of one subject, in microseconds, as they come in. */
final class Samples {
  private double[] values = new double[32];
  private int count;

  void add(double micros) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = micros;
  }

  int count() {
    return count;
  }

  /** The middle value, or the mean of the two middle ones. */
  double median() {
    double[] sorted = sorted();
    int middle = count / 2;
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The smallest value that at least this part of all values does not exceed. */
  double quantile(double part) {
    int index = (int) Math.ceil(part * count) - 1;
    return sorted()[Math.max(0, Math.min(count - 1, index))];
  }

  double minimum() {
    return sorted()[0];
  }

  private double[] sorted() {
    if (count == 0) {
      throw new IllegalStateException("no time was measured");
    }
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted;
  }
}
