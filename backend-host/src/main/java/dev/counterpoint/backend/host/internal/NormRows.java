package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.Tiling;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of normalised rows. Means are summed column by column in FP64, whatever the pieces
 * in which a row lies, so that these change no bit.
 */
final class NormRows {
  private final int cols;
  private final DType dtype;
  private final int elementBytes;
  private final Norm norm;
  private final NormSpec.@Nullable Packing packing;

  NormRows(NormSpec spec) {
    cols = spec.cols();
    dtype = spec.dtype();
    elementBytes = dtype.bytes();
    norm = spec.norm();
    NormSpec.Packing given = spec.packing();
    packing = given == null ? null : new NormSpec.Packing(given.tiling(), given.slots().clone());
  }

  /**
   * Normalises one row.
   *
   * @param input row 0 of the input, or block 0 of a packed one
   * @param residual this row of the residual, or 0
   * @param bias the vector, or 0
   * @param sum this row of the sum, or 0
   * @param output this row of the output
   */
  void normalize(
      int row,
      long input,
      long inputStride,
      long residual,
      long weight,
      long bias,
      long sum,
      long output,
      Scratch scratch) {
    boolean centred = norm.kind() == Norm.Kind.LAYER;
    float mean = 0;
    if (centred) {
      double total = 0;
      for (int col = 0; col < cols; ) {
        int count = load(row, col, input, inputStride, residual, scratch);
        for (int i = 0; i < count; i++) {
          total += scratch.floats[i];
        }
        col += count;
      }
      mean = (float) (total / cols);
    }
    double squares = 0;
    for (int col = 0; col < cols; ) {
      int count = load(row, col, input, inputStride, residual, scratch);
      for (int i = 0; i < count; i++) {
        double distance = scratch.floats[i] - mean;
        squares += distance * distance;
      }
      col += count;
    }
    float scale = (float) (1 / Math.sqrt(squares / cols + norm.eps()));
    for (int col = 0; col < cols; ) {
      int count = load(row, col, input, inputStride, residual, scratch);
      long at = (long) col * elementBytes;
      if (sum != 0) {
        Codec.encode(dtype, scratch.floats, count, sum + at, scratch);
      }
      finish(count, mean, scale, weight + at, bias == 0 ? 0 : bias + at, scratch);
      Codec.encode(dtype, scratch.floats, count, output + at, scratch);
      col += count;
    }
  }

  private static void multiply(float[] row, float[] weight, float mean, float scale, int count) {
    for (int i = 0; i < count; i++) {
      row[i] = (row[i] - mean) * scale * weight[i];
    }
  }

  private void finish(int count, float mean, float scale, long weight, long bias, Scratch scratch) {
    Codec.decode(dtype, weight, count, scratch.addends, scratch);
    multiply(scratch.floats, scratch.addends, mean, scale, count);
    if (bias != 0) {
      Codec.decode(dtype, bias, count, scratch.addends, scratch);
      for (int i = 0; i < count; i++) {
        scratch.floats[i] += scratch.addends[i];
      }
    }
  }

  /**
   * Loads what is normalised from a column on, into the scratch's floats; returns how many columns
   * that are, as far as they lie one behind the other.
   */
  private int load(int row, int col, long input, long inputStride, long residual, Scratch scratch) {
    int count = Math.min(Scratch.LENGTH, cols - col);
    long from;
    if (packing == null) {
      from = input + (row * inputStride + col) * elementBytes;
    } else {
      Tiling tiling = packing.tiling();
      int inTile = col % tiling.tileCols();
      count = Math.min(count, tiling.tileCols() - inTile);
      from = input + packedElement(packing, row, col, inTile) * elementBytes;
    }
    Codec.decode(dtype, from, count, scratch.floats, scratch);
    if (residual != 0) {
      long at = residual + (long) col * elementBytes;
      Codec.decode(dtype, at, count, scratch.moreFloats, scratch);
      for (int i = 0; i < count; i++) {
        scratch.floats[i] += scratch.moreFloats[i];
      }
      Codec.round(dtype, scratch.floats, count);
    }
    return count;
  }

  private static long packedElement(NormSpec.Packing packing, int row, int col, int inTile) {
    Tiling tiling = packing.tiling();
    int shard = row / tiling.partition().rowsPerShard();
    int rowInShard = row - tiling.partition().start(shard);
    int tile = tiling.tile(shard, rowInShard / tiling.tileRows(), col / tiling.tileCols());
    long block = (long) packing.slots()[tile] * tiling.tileRows() * tiling.tileCols();
    return block + (long) (rowInShard % tiling.tileRows()) * tiling.tileCols() + inTile;
  }
}
