package dev.counterpoint.conformance;

import dev.counterpoint.DType;

/**
 * What a result should be, in FP64, and how far from it rule NUM-1 lets an element be.
 *
 * <p>{@code magnitudes} is S of section 12: the same expression with absolute values everywhere.
 */
final class Expected {
  final int rows;
  final int cols;
  final double[] values;
  final double[] magnitudes;
  int terms;
  int ranks = 1;
  boolean exact;

  /** What all exact values are multiples of. */
  double unit = 1;

  boolean roundedInput;

  Expected(int rows, int cols) {
    this.rows = rows;
    this.cols = cols;
    this.values = new double[rows * cols];
    this.magnitudes = new double[rows * cols];
  }

  void add(int row, int col, double value, double magnitude) {
    values[row * cols + col] += value;
    magnitudes[row * cols + col] += magnitude;
  }

  double bound(DType type, int index) {
    double s = magnitudes[index];
    double u = 0x1p-24;
    double input = roundedInput ? 2 * 0x1p-11 * s : 0;
    return (terms + ranks + 8) * u * s
        + (ranks + 2) * Numbers.roundoff(type) * s
        + Numbers.smallest(type)
        + input;
  }

  /** Whether the output type holds every partial result, so that nothing may be rounded at all. */
  boolean allExact(DType type) {
    if (!exact && type.isFloating()) {
      return false;
    }
    double limit = unit * Math.scalb(1.0, Math.min(Numbers.precision(type), 24));
    for (double magnitude : magnitudes) {
      if (type.isFloating() && magnitude > limit) {
        return false;
      }
    }
    return true;
  }

  /** Compares rows {@code firstRow …} of this with a matrix that was computed. */
  void check(String what, Matrix seen, int firstRow) {
    boolean bitwise = allExact(seen.type);
    for (int row = 0; row < seen.rows; row++) {
      for (int col = 0; col < seen.cols; col++) {
        int index = (firstRow + row) * cols + col;
        double wanted = values[index];
        double value = seen.at(row, col);
        double bound = bitwise ? 0 : bound(seen.type, index);
        boolean good =
            Double.isNaN(wanted) ? Double.isNaN(value) : Math.abs(value - wanted) <= bound;
        if (!good) {
          throw new AssertionError(
              String.format(
                  "%s: element [%d, %d] of %d × %d %s: wanted %s, seen %s, off by %s, allowed %s",
                  what,
                  firstRow + row,
                  col,
                  rows,
                  cols,
                  seen.type,
                  wanted,
                  value,
                  Math.abs(value - wanted),
                  bound));
        }
      }
    }
  }

  /** Takes sums of integers times these factors to be exact. */
  void exact(float alpha, float beta) {
    exact = true;
    unit = Math.min(unit(alpha), unit(beta));
  }

  private static double unit(float factor) {
    double unit = 1;
    while (factor / unit != Math.rint(factor / unit) && unit > 0x1p-20) {
      unit /= 2;
    }
    return unit;
  }

  void check(String what, Matrix seen) {
    Check.that(seen.rows == rows && seen.cols == cols, "%s: shape", what);
    check(what, seen, 0);
  }
}
