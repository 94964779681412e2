package dev.counterpoint.cli.bench;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Exact values of elements of a block, sorted by row: of all when the product is small, otherwise
 * of a seeded sample that touches every stripe of 64 rows.
 */
final class ElementReference {
  private static final int STRIPE = 64;
  private static final int LEAST = 4096;
  private static final int STEP = 512;

  private final int cols;

  /** Positions row · cols + col, ascending. */
  private final long[] positions;

  private final double[] values;
  private final double[] tolerances;
  private final double[] scales;

  private ElementReference(int cols, long[] positions) {
    this.cols = cols;
    this.positions = positions;
    this.values = new double[positions.length];
    this.tolerances = new double[positions.length];
    this.scales = new double[positions.length];
  }

  /** All elements. */
  static ElementReference all(Geometry geometry, Geometry.Block block, Tolerance tolerance) {
    ElementReference reference =
        new ElementReference(
            block.cols(),
            IntStream.range(0, Math.multiplyExact(block.rows(), block.cols()))
                .asLongStream()
                .toArray());
    SeededMatrix a = geometry.a(block.owner());
    SeededMatrix b = geometry.b(block.owner());
    ExactProduct product = ExactProduct.of(a, b, geometry.inner(), block);
    double[] normA = norms(a, block.row(), block.rows(), geometry.problem().k());
    double[] normB = norms(b, block.col(), block.cols(), geometry.problem().k());
    SeededMatrix bias = geometry.bias(block.owner());
    for (int i = 0; i < reference.positions.length; i++) {
      int row = i / block.cols();
      int col = i % block.cols();
      double added = geometry.problem().bias() ? bias.value(0, block.col() + col) : 0;
      added += residual(geometry, block.row() + row, block.col() + col);
      reference.set(
          i, product.values()[i], product.partials()[i], added, normA[row], normB[col], tolerance);
    }
    return reference;
  }

  /** A sample of at least several thousand elements. */
  static ElementReference sample(Geometry geometry, Geometry.Block block, Tolerance tolerance) {
    Random random = new Random(geometry.seed() + 31L * block.row() + block.col());
    int stripes = (block.rows() + STRIPE - 1) / STRIPE;
    int perStripe =
        stripes == 0 || block.cols() == 0 ? 0 : Math.max(8, (LEAST + stripes - 1) / stripes);
    long[] positions =
        IntStream.range(0, stripes * perStripe)
            .mapToLong(
                i -> {
                  int first = i / perStripe * STRIPE;
                  int row = first + random.nextInt(Math.min(STRIPE, block.rows() - first));
                  return (long) row * block.cols() + random.nextInt(block.cols());
                })
            .sorted()
            .distinct()
            .toArray();
    ElementReference reference = new ElementReference(block.cols(), positions);
    IntStream.range(0, positions.length)
        .parallel()
        .forEach(i -> reference.compute(i, geometry, block, tolerance));
    return reference;
  }

  private void compute(int i, Geometry geometry, Geometry.Block block, Tolerance tolerance) {
    long row = block.row() + positions[i] / cols;
    long col = block.col() + positions[i] % cols;
    SeededMatrix a = geometry.a(block.owner());
    SeededMatrix b = geometry.b(block.owner());
    double[] left = new double[STEP];
    double[] right = new double[STEP];
    double value = 0;
    double partials = 0;
    double squareA = 0;
    double squareB = 0;
    for (int piece = 0; piece < geometry.inner().shards(); piece++) {
      double sum = 0;
      int end = geometry.inner().start(piece + 1);
      for (int first = geometry.inner().start(piece); first < end; first += STEP) {
        int count = Math.min(STEP, end - first);
        a.values(row, first, count, left, 0);
        b.values(col, first, count, right, 0);
        for (int k = 0; k < count; k++) {
          sum += left[k] * right[k];
          squareA += left[k] * left[k];
          squareB += right[k] * right[k];
        }
      }
      value += sum;
      partials += Math.abs(sum);
    }
    double added = geometry.problem().bias() ? geometry.bias(block.owner()).value(0, col) : 0;
    added += residual(geometry, row, col);
    set(i, value, partials, added, Math.sqrt(squareA), Math.sqrt(squareB), tolerance);
  }

  private static double residual(Geometry geometry, long row, long col) {
    return geometry.variant().norm() == null ? 0 : geometry.residual().value(row, col);
  }

  private void set(
      int i,
      double value,
      double partials,
      double bias,
      double normA,
      double normB,
      Tolerance tolerance) {
    values[i] = value + bias;
    tolerances[i] = tolerance.element(normA, normB, partials + Math.abs(bias));
    scales[i] = Math.max(Math.abs(values[i]), tolerance.scale(normA, normB));
  }

  private static double[] norms(SeededMatrix matrix, int first, int rows, int inner) {
    double[] norms = new double[rows];
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            row -> {
              double square = 0;
              for (int k = 0; k < inner; k++) {
                double value = matrix.value(first + row, k);
                square += value * value;
              }
              norms[row] = Math.sqrt(square);
            });
    return norms;
  }

  int size() {
    return positions.length;
  }

  /** The first element of a row, or where it would be. */
  int firstOf(int row) {
    int at = Arrays.binarySearch(positions, (long) row * cols);
    return at < 0 ? -at - 1 : at;
  }

  int row(int i) {
    return (int) (positions[i] / cols);
  }

  int col(int i) {
    return (int) (positions[i] % cols);
  }

  double value(int i) {
    return values[i];
  }

  double tolerance(int i) {
    return tolerances[i];
  }

  /**
   * What an error is related to: the element's own size, or the usual size of its neighbours if
   * that is larger.
   */
  double scale(int i) {
    return scales[i];
  }
}
