package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import org.jspecify.annotations.Nullable;

/** What rules NORM-1 and NORM-2 ask of normalised rows, in FP64. */
final class NormReference {
  private static final double U = 0x1p-24;

  private final Norm norm;
  private final Matrix rows;
  private final Matrix weight;
  private final @Nullable Matrix bias;

  /** For an input, and a residual if the norm has one. */
  NormReference(
      Norm norm, Matrix input, @Nullable Matrix residual, Matrix weight, @Nullable Matrix bias) {
    this.norm = norm;
    this.rows = residual == null ? input : sum(input, residual);
    this.weight = weight;
    this.bias = bias;
  }

  /** Input plus residual in FP32, rounded once to the element type. */
  private static Matrix sum(Matrix input, Matrix residual) {
    Matrix sum = new Matrix(input.type, input.rows, input.cols, input.cols);
    for (int i = 0; i < sum.values.length; i++) {
      float exact = (float) input.values[i] + (float) residual.values[i];
      sum.values[i] = Numbers.decode(sum.type, Numbers.encode(sum.type, exact));
    }
    return sum;
  }

  /** What is normalised, which is also what is stored as the sum. */
  void checkSum(String what, Matrix seen) {
    for (int row = 0; row < rows.rows; row++) {
      for (int col = 0; col < rows.cols; col++) {
        double wanted = rows.at(row, col);
        double value = seen.at(row, col);
        Check.that(
            Double.isNaN(wanted) ? Double.isNaN(value) : wanted == value,
            "[NORM-2] %s: element [%d, %d]: wanted %s, seen %s",
            what,
            row,
            col,
            wanted,
            value);
      }
    }
  }

  /** Every element is within its bound; what depends on NaN is NaN. */
  void check(String what, Matrix seen) {
    Check.that(seen.rows == rows.rows && seen.cols == rows.cols, "%s: shape", what);
    for (int row = 0; row < rows.rows; row++) {
      checkRow(what, row, seen);
    }
  }

  private void checkRow(String what, int row, Matrix seen) {
    boolean centred = norm.kind() == Norm.Kind.LAYER;
    int n = rows.cols;
    double mean = 0;
    double magnitude = 0;
    for (int col = 0; centred && col < n; col++) {
      mean += rows.at(row, col) / n;
      magnitude += Math.abs(rows.at(row, col)) / n;
    }
    double square = 0;
    for (int col = 0; col < n; col++) {
      square += Math.pow(rows.at(row, col) - mean, 2) / n;
    }
    double scale = 1 / Math.sqrt(square + norm.eps());
    for (int col = 0; col < n; col++) {
      double factor = scale * weight.at(0, col);
      double distance = rows.at(row, col) - mean;
      double addend = bias == null ? 0 : bias.at(0, col);
      double wanted = distance * factor + addend;
      double bound =
          (n + 16) * U * (magnitude + Math.abs(distance)) * Math.abs(factor)
              + 2 * U * Math.abs(addend);
      bound += Numbers.roundoff(seen.type) * (Math.abs(wanted) + bound);
      bound += Numbers.smallest(seen.type);
      double value = seen.at(row, col);
      Check.that(
          Double.isNaN(wanted) ? Double.isNaN(value) : Math.abs(value - wanted) <= bound,
          "%s: element [%d, %d] of %d × %d %s, %s: wanted %s, seen %s, off by %s, allowed %s",
          what,
          row,
          col,
          rows.rows,
          n,
          seen.type,
          norm,
          wanted,
          value,
          Math.abs(value - wanted),
          bound);
    }
  }

  /** The types whose rows can be normalised. */
  static DType[] types() {
    return new DType[] {DType.FP32, DType.BF16, DType.FP16};
  }
}
