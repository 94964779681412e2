package dev.counterpoint.cli.bench;

import dev.counterpoint.spi.RowPartition;
import java.util.stream.IntStream;

/**
 * Every element of a block of a product, in FP64, multiplied by all processors. Plain loops on
 * purpose: nothing of what it checks is used.
 */
final class ExactProduct {
  private static final int TILE = 64;
  private static final int DEPTH = 2048;

  private final SeededMatrix a;
  private final SeededMatrix b;
  private final RowPartition inner;
  private final Geometry.Block block;
  private final double[] values;
  private final double[] partials;

  private ExactProduct(SeededMatrix a, SeededMatrix b, RowPartition inner, Geometry.Block block) {
    this.a = a;
    this.b = b;
    this.inner = inner;
    this.block = block;
    this.values = new double[Math.multiplyExact(block.rows(), block.cols())];
    this.partials = new double[values.length];
  }

  /**
   * Multiplies.
   *
   * @param inner how the sum is cut into partial products
   */
  static ExactProduct of(SeededMatrix a, SeededMatrix b, RowPartition inner, Geometry.Block block) {
    ExactProduct product = new ExactProduct(a, b, inner, block);
    IntStream.range(0, (block.cols() + TILE - 1) / TILE)
        .parallel()
        .forEach(tile -> product.columns(tile * TILE));
    return product;
  }

  /** The elements of the block, row by row. */
  double[] values() {
    return values;
  }

  /** For each element the sum of the magnitudes of its partial products. */
  double[] partials() {
    return partials;
  }

  private void columns(int firstCol) {
    int cols = Math.min(TILE, block.cols() - firstCol);
    double[] tileA = new double[TILE * DEPTH];
    double[] tileB = new double[DEPTH * TILE];
    double[] line = new double[DEPTH];
    double[] sums = new double[TILE * TILE];
    for (int firstRow = 0; firstRow < block.rows(); firstRow += TILE) {
      int rows = Math.min(TILE, block.rows() - firstRow);
      for (int piece = 0; piece < inner.shards(); piece++) {
        java.util.Arrays.fill(sums, 0);
        int end = inner.start(piece + 1);
        for (int first = inner.start(piece); first < end; first += DEPTH) {
          int depth = Math.min(DEPTH, end - first);
          for (int row = 0; row < rows; row++) {
            a.values(block.row() + firstRow + row, first, depth, tileA, row * DEPTH);
          }
          for (int col = 0; col < cols; col++) {
            b.values(block.col() + firstCol + col, first, depth, line, 0);
            for (int k = 0; k < depth; k++) {
              tileB[k * TILE + col] = line[k];
            }
          }
          multiply(tileA, tileB, sums, rows, depth);
        }
        add(sums, firstRow, rows, firstCol, cols);
      }
    }
  }

  private static void multiply(double[] tileA, double[] tileB, double[] sums, int rows, int depth) {
    for (int row = 0; row < rows; row++) {
      int sum = row * TILE;
      for (int k = 0; k < depth; k++) {
        double factor = tileA[row * DEPTH + k];
        int line = k * TILE;
        for (int col = 0; col < TILE; col++) {
          sums[sum + col] += factor * tileB[line + col];
        }
      }
    }
  }

  private void add(double[] sums, int firstRow, int rows, int firstCol, int cols) {
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        int at = (firstRow + row) * block.cols() + firstCol + col;
        double sum = sums[row * TILE + col];
        values[at] += sum;
        partials[at] += Math.abs(sum);
      }
    }
  }
}
