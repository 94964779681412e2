package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import java.util.Random;

/** Factors of the blocks of A and B, on the host: see {@link Scaling#BLOCKS}. */
final class BlockFactors {
  private BlockFactors() {}

  /** A matrix of factors with gaps between its rows: powers of two where sums are to be exact. */
  static Matrix random(Random random, int rows, int blocks, int padding, boolean integers) {
    Matrix factors = new Matrix(DType.FP32, rows, blocks, Math.max(1, blocks + padding));
    for (int i = 0; i < factors.values.length; i++) {
      factors.values[i] =
          integers
              ? 1 << random.nextInt(2)
              : (float) ((0.25 + random.nextDouble()) * Math.scalb(1.0, random.nextInt(5) - 2));
    }
    return factors;
  }

  /** For a matrix of rows that have factors of their own. */
  static Matrix ofRows(Random random, int rows, int k, int padding, boolean integers) {
    return random(random, rows, Scaling.blocks(k), padding, integers);
  }

  /** For a matrix of which so many columns share their factors as there are elements in a block. */
  static Matrix ofColumns(Random random, int cols, int k, int padding, boolean integers) {
    return random(random, Scaling.blocks(cols), Scaling.blocks(k), padding, integers);
  }

  /** The factor of a row of A at p. */
  static double ofRow(Matrix factors, int row, int p) {
    return factors.at(row, p / Scaling.BLOCK);
  }

  /** The factor of a column of B at p. */
  static double ofColumn(Matrix factors, int col, int p) {
    return factors.at(col / Scaling.BLOCK, p / Scaling.BLOCK);
  }
}
