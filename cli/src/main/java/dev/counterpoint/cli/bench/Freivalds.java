package dev.counterpoint.cli.bench;

import java.util.stream.IntStream;

/**
 * A check of a whole block of a product in time proportional to the matrices' sizes: multiplied by
 * a random vector x of ±1, each row of D must give what the same row of A gives with B·x, in FP64
 * (R. Freivalds, 1977). A row with a wrong tile differs by far more than rounding can; a NaN
 * anywhere is never missed.
 */
final class Freivalds {
  private static final int STEP = 128;

  private final Geometry.Block block;
  private final long signs;
  private final double[] expected;
  private final double[] tolerance;

  private Freivalds(Geometry.Block block, long signs) {
    this.block = block;
    this.signs = signs;
    this.expected = new double[block.rows()];
    this.tolerance = new double[block.rows()];
  }

  /** Prepares the expected sums of all rows of a block. */
  static Freivalds of(Geometry geometry, Geometry.Block block, Tolerance tolerance) {
    long signs = SeededMatrix.mix(geometry.seed() ^ 0x5DEECE66DL + block.owner());
    Freivalds check = new Freivalds(block, signs);
    check.prepare(geometry, tolerance);
    return check;
  }

  private void prepare(Geometry geometry, Tolerance tolerances) {
    int inner = geometry.problem().k();
    SeededMatrix a = geometry.a(block.owner());
    SeededMatrix b = geometry.b(block.owner());
    double[] vector = new double[inner]; // B · x
    double[] squares = new double[(inner + STEP - 1) / STEP];
    IntStream.range(0, squares.length)
        .parallel()
        .forEach(step -> squares[step] = slice(b, step * STEP, vector));
    double frobenius =
        Math.sqrt(IntStream.range(0, squares.length).mapToDouble(i -> squares[i]).sum());
    double biasSum = geometry.problem().bias() ? dot(geometry.bias(block.owner())) : 0;
    SeededMatrix residual = geometry.variant().norm() == null ? null : geometry.residual();
    boolean bias = geometry.problem().bias() || residual != null;
    IntStream.range(0, block.rows())
        .parallel()
        .forEach(
            row -> {
              double[] line = new double[Math.min(STEP, inner)];
              double sum = 0;
              double square = 0;
              for (int first = 0; first < inner; first += STEP) {
                int count = Math.min(STEP, inner - first);
                a.values(block.row() + row, first, count, line, 0);
                for (int i = 0; i < count; i++) {
                  sum += line[i] * vector[first + i];
                  square += line[i] * line[i];
                }
              }
              expected[row] = sum + biasSum + (residual == null ? 0 : dot(residual, row));
              tolerance[row] = tolerances.row(Math.sqrt(square), frobenius, block.cols(), bias);
            });
  }

  /** Adds a slice of B · x, and returns the sum of the squares of B's elements in it. */
  private double slice(SeededMatrix b, int first, double[] vector) {
    int count = Math.min(STEP, vector.length - first);
    double[] line = new double[count];
    double square = 0;
    for (int col = 0; col < block.cols(); col++) {
      b.values(block.col() + col, first, count, line, 0);
      double sign = sign(col);
      for (int i = 0; i < count; i++) {
        vector[first + i] += sign * line[i];
        square += line[i] * line[i];
      }
    }
    return square;
  }

  private double dot(SeededMatrix residual, int row) {
    double[] line = new double[block.cols()];
    residual.values(block.row() + row, block.col(), block.cols(), line, 0);
    double sum = 0;
    for (int col = 0; col < block.cols(); col++) {
      sum += sign(col) * line[col];
    }
    return sum;
  }

  private double dot(SeededMatrix bias) {
    double sum = 0;
    for (int col = 0; col < block.cols(); col++) {
      sum += sign(col) * bias.value(0, block.col() + col);
    }
    return sum;
  }

  private double sign(int col) {
    return (SeededMatrix.mix(signs + (col >>> 6)) >>> (col & 63) & 1) == 0 ? 1 : -1;
  }

  /**
   * How far a row of the block is off, as a multiple of what it may be: up to 1 is good, NaN is
   * not.
   */
  double excess(int row, double[] line) {
    double sum = 0;
    for (int col = 0; col < block.cols(); col++) {
      sum += sign(col) * line[col];
    }
    double off = Math.abs(sum - expected[row]);
    return off == 0 ? 0 : off / tolerance[row];
  }
}
