package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Compares normalised rows with the norm, in FP64, of the sums that the operator stored beside
 * them, which are themselves compared with a {@link Reference}.
 *
 * @param norm with a residual and a sum, without a bias
 * @param weight what rows are multiplied by
 * @param output element type of both
 */
record NormCheck(Norm norm, double[] weight, DType output) {
  /** Of FP32: for sums over rows of any length by a device. */
  private static final double SUMMING = 0x1p-18;

  /** All rows of a rank. */
  CheckResult check(int rank, int rows, Reference.Rows sums, Reference.Rows normalised) {
    String problem = "";
    for (int first = 0; first < rows; ) {
      int count = Math.min(rows - first, Math.min(sums.available(), normalised.available()));
      double[] errors =
          IntStream.range(0, count)
              .parallel()
              .mapToDouble(ahead -> excess(ahead, sums, normalised))
              .toArray();
      for (int row = 0; row < count; row++) {
        if (!(errors[row] <= 1) && problem.isEmpty()) {
          problem =
              String.format(
                  Locale.ROOT,
                  "rank %d, row %d: the normalised row is %.3g times as far from the norm of its"
                      + " sum as rounding allows",
                  rank,
                  first + row,
                  errors[row]);
        }
      }
      sums.skip(count);
      normalised.skip(count);
      first += count;
    }
    return new CheckResult(problem.isEmpty(), 0, 0, 0, problem);
  }

  /** The largest error of a row over what it may be. */
  private double excess(int ahead, Reference.Rows sums, Reference.Rows normalised) {
    int cols = weight.length;
    double[] sum = new double[cols];
    double[] row = new double[cols];
    sums.row(ahead, sum);
    normalised.row(ahead, row);
    double mean = norm.kind() == Norm.Kind.LAYER ? Arrays.stream(sum).average().orElse(0) : 0;
    double square = 0;
    for (double value : sum) {
      square += (value - mean) * (value - mean);
    }
    double scale = 1 / Math.sqrt(square / cols + norm.eps());
    double unit = output.unitRoundoff();
    double worst = 0;
    for (int i = 0; i < cols; i++) {
      double wanted = (sum[i] - mean) * scale * weight[i];
      // The stored sum is rounded, the one that was normalised need not be; and the result is.
      double size = (Math.abs(sum[i]) + Math.abs(mean)) * scale * Math.abs(weight[i]);
      double allowed = (2 * unit + SUMMING) * size + 2 * unit * Math.abs(wanted) + smallest();
      double error = Math.abs(row[i] - wanted) / allowed;
      worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(worst, error);
    }
    return worst;
  }

  private double smallest() {
    return output == DType.FP16 ? 0x1p-24 : Float.MIN_NORMAL;
  }
}
