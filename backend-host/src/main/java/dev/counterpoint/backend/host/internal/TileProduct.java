package dev.counterpoint.backend.host.internal;

import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.GemmSpec;

/** The product of one worker's tiles. */
final class TileProduct {
  /**
   * Products of INT8 are summed in floats over this many terms: 1024 · 128² = 2²⁴, up to which
   * every integer is a float, so each chunk is exact in whatever order it is summed.
   */
  private static final int EXACT_TERMS = 1024;

  private final OpenBlas blas = new OpenBlas();
  private final boolean transposed;
  private final int k;

  TileProduct(GemmSpec spec) {
    this.transposed = spec.weightLayout() == WeightLayout.NK;
    this.k = spec.k();
  }

  /** FP32 product of panels. */
  void floats(
      int rows, int cols, long a, int aStride, long b, int bStride, long target, int targetStride) {
    if (k == 0) {
      for (int row = 0; row < rows; row++) {
        OffHeap.fill(target + 4L * row * targetStride, 4L * cols, (byte) 0);
      }
      return;
    }
    blas.multiply(rows, cols, k, a, aStride, b, bStride, transposed, target, targetStride);
  }

  /**
   * Exact INT32 product of panels that hold integers as floats; {@code chunk} is space for one tile
   * of floats.
   */
  void ints(
      int rows,
      int cols,
      long a,
      int aStride,
      long b,
      int bStride,
      long target,
      long chunk,
      Scratch scratch) {
    OffHeap.fill(target, 4L * rows * cols, (byte) 0);
    for (int first = 0; first < k; first += EXACT_TERMS) {
      int terms = Math.min(EXACT_TERMS, k - first);
      long bChunk = b + 4L * first * (transposed ? 1 : bStride);
      blas.multiply(
          rows, cols, terms, a + 4L * first, aStride, bChunk, bStride, transposed, chunk, cols);
      accumulate(chunk, target, (long) rows * cols, scratch);
    }
  }

  private static void accumulate(long floats, long ints, long count, Scratch scratch) {
    float[] chunk = scratch.floats;
    int[] sum = scratch.ints;
    for (long done = 0; done < count; done += Scratch.LENGTH) {
      int part = (int) Math.min(Scratch.LENGTH, count - done);
      OffHeap.read(floats + 4 * done, chunk, part);
      OffHeap.read(ints + 4 * done, sum, part);
      for (int i = 0; i < part; i++) {
        sum[i] += (int) chunk[i];
      }
      OffHeap.write(sum, ints + 4 * done, part);
    }
  }
}
