package dev.counterpoint.backend.host.internal;

import dev.counterpoint.Scaling;

/**
 * Applies the factors of blocks to elements that were converted to floats: the product of what was
 * scaled is the scaled product, up to one rounding for each element, which rule NUM-1 allows.
 */
final class BlockScales {
  private static final int BLOCK = Scaling.BLOCK;

  private BlockScales() {}

  /**
   * Rows along K: those of A, of which each has factors of its own, or those of B as [N, K], of
   * which as many as a block has share them.
   *
   * @param target {@code rows} rows of {@code k} floats without gaps, from row {@code firstRow} of
   *     the matrix on
   * @param rowsPerFactor 1, or the length of a block
   * @param factors address of the matrix's first factor
   * @param pitch bytes from row to row of factors
   */
  static void alongK(
      long target,
      int firstRow,
      int rows,
      int k,
      int rowsPerFactor,
      long factors,
      long pitch,
      Scratch scratch) {
    for (int row = 0; row < rows; row++) {
      long mine = factors + (firstRow + row) / rowsPerFactor * pitch;
      for (int first = 0; first < k; first += BLOCK) {
        int count = Math.min(BLOCK, k - first);
        multiply(target + 4L * ((long) row * k + first), count, mine + first / BLOCK * 4L, scratch);
      }
    }
  }

  /** Rows across K, of B as [K, N]: {@code cols} columns from {@code firstCol} on. */
  static void acrossK(
      long target, int firstCol, int cols, int k, long factors, long pitch, Scratch scratch) {
    for (int p = 0; p < k; p++) {
      long ofBlock = factors + p / BLOCK * 4L;
      for (int col = 0; col < cols; ) {
        int block = (firstCol + col) / BLOCK;
        int count = Math.min((block + 1) * BLOCK - firstCol, cols) - col;
        multiply(target + 4L * ((long) p * cols + col), count, ofBlock + block * pitch, scratch);
        col += count;
      }
    }
  }

  private static void multiply(long target, int count, long factor, Scratch scratch) {
    float[] values = scratch.floats;
    OffHeap.read(factor, scratch.moreFloats, 1);
    float by = scratch.moreFloats[0];
    OffHeap.read(target, values, count);
    for (int i = 0; i < count; i++) {
      values[i] *= by;
    }
    OffHeap.write(values, target, count);
  }
}
