package dev.counterpoint.core.measure;

import java.util.Arrays;

/** Times of one subject, in microseconds, as they come in. */
public final class Samples {
  private double[] values = new double[32];
  private int count;

  /** Takes one in. */
  public void add(double micros) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = micros;
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** The middle value, or the mean of the two middle ones. */
  public double median() {
    double[] sorted = sorted();
    int middle = count / 2;
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The smallest value that at least this part of all values does not exceed. */
  public double quantile(double part) {
    int index = (int) Math.ceil(part * count) - 1;
    return sorted()[Math.max(0, Math.min(count - 1, index))];
  }

  /** The smallest. */
  public double minimum() {
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
