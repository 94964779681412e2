package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;

/**
 * A random matrix of any size that takes no memory: each element is a hash of seed, row and column,
 * so the bits that are uploaded and the values that the reference multiplies come from the same
 * place and from nothing in between. Floats are uniform in ±1, rounded to their type; integers are
 * uniform in ±{@code limit}.
 */
final class SeededMatrix {
  private final long seed;
  private final DType dtype;
  private final int limit;

  /**
   * Creates the matrix.
   *
   * @param seed of this matrix alone
   * @param inner length of the sums that its integers enter; keeps them within 32 bits
   */
  SeededMatrix(long seed, DType dtype, int inner) {
    this.seed = mix(seed);
    this.dtype = dtype;
    this.limit =
        (int) Math.max(1, Math.min(127, Math.floor(Math.sqrt(Integer.MAX_VALUE / (inner + 1.0)))));
  }

  DType dtype() {
    return dtype;
  }

  /** The element's bit pattern. */
  int bits(long row, long col) {
    return bitsAt(rowSeed(row), col);
  }

  /** The element's value, decoded from its bit pattern. */
  double value(long row, long col) {
    return dtype.decode(bits(row, col));
  }

  /** The values of a piece of a row. */
  void values(long row, long firstCol, int count, double[] target, int offset) {
    long rowSeed = rowSeed(row);
    for (int i = 0; i < count; i++) {
      target[offset + i] = dtype.decode(bitsAt(rowSeed, firstCol + i));
    }
  }

  /** The bit patterns of a piece of a row. */
  void bits(long row, long firstCol, int[] target) {
    long rowSeed = rowSeed(row);
    for (int i = 0; i < target.length; i++) {
      target[i] = bitsAt(rowSeed, firstCol + i);
    }
  }

  private long rowSeed(long row) {
    return mix(seed + row * 0x9E3779B97F4A7C15L);
  }

  private int bitsAt(long rowSeed, long col) {
    long hash = mix(rowSeed + col * 0xD1B54A32D192ED03L);
    if (!dtype.isFloating()) {
      return dtype.encode((int) ((hash >>> 33) % (2L * limit + 1)) - limit);
    }
    return dtype.encode((hash >> 40) * 0x1p-23f);
  }

  /** A 64-bit mixer with two multiplications (David Stafford's variant 13). */
  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
