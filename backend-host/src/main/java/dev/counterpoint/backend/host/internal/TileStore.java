package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmSpec;

/** Stores the sums of one tile: epilogue, rounding and placement, row by row. */
final class TileStore {
  private TileStore() {}

  /** Whether the epilogue changes nothing. */
  static boolean isPlain(Epilogue epilogue) {
    return epilogue.alpha() == 1f
        && epilogue.beta() == 0f
        && !epilogue.bias()
        && !epilogue.rowScale()
        && !epilogue.colScale();
  }

  /**
   * Stores a tile.
   *
   * @param sums FP32 (or INT32) sums, row-major without gaps
   * @param row first row of the tile in the output
   * @param col first column of the tile in the output
   */
  static void store(
      GemmSpec spec,
      RunOperands operands,
      long sums,
      int row,
      int col,
      int rows,
      int cols,
      long target,
      long pitch,
      Scratch scratch) {
    int outputBytes = spec.outputType().bytes();
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c += Scratch.LENGTH) {
        int count = Math.min(Scratch.LENGTH, cols - c);
        long from = sums + 4L * ((long) r * cols + c);
        long to = target + r * pitch + (long) c * outputBytes;
        if (spec.inputType().isFloating()) {
          storeFloats(spec, operands, from, row + r, col + c, count, to, scratch);
        } else {
          storeInts(spec, operands, from, row + r, col + c, count, to, scratch);
        }
      }
    }
  }

  private static void storeFloats(
      GemmSpec spec,
      RunOperands operands,
      long from,
      int row,
      int col,
      int count,
      long to,
      Scratch scratch) {
    Epilogue epilogue = spec.epilogue();
    float[] values = scratch.floats;
    OffHeap.read(from, values, count);
    scale(values, count, epilogue.alpha());
    if (epilogue.rowScale()) {
      OffHeap.read(operands.rowScale + 4L * row, scratch.moreFloats, 1);
      scale(values, count, scratch.moreFloats[0]);
    }
    if (epilogue.colScale()) {
      float[] factors = scratch.moreFloats;
      OffHeap.read(operands.colScale + 4L * col, factors, count);
      for (int i = 0; i < count; i++) {
        values[i] *= factors[i];
      }
    }
    if (inWindow(epilogue, row)) {
      add(spec, operands, values, row - epilogue.firstRow(), col, count, scratch);
    }
    Codec.encode(spec.outputType(), values, count, to, scratch);
  }

  private static void scale(float[] values, int count, float factor) {
    if (factor != 1f) {
      for (int i = 0; i < count; i++) {
        values[i] *= factor;
      }
    }
  }

  private static boolean inWindow(Epilogue epilogue, int row) {
    return row >= epilogue.firstRow() && row - epilogue.firstRow() < epilogue.rowCount();
  }

  /** Adds {@code beta · C + bias}, computed first, as the formula's parentheses say. */
  private static void add(
      GemmSpec spec,
      RunOperands operands,
      float[] values,
      int windowRow,
      int col,
      int count,
      Scratch scratch) {
    Epilogue epilogue = spec.epilogue();
    DType dtype = spec.outputType();
    float[] addends = scratch.addends;
    float[] more = scratch.moreFloats;
    float beta = epilogue.beta();
    if (beta != 0f) {
      Codec.decode(
          dtype,
          operands.c + ((long) windowRow * operands.cStride + col) * dtype.bytes(),
          count,
          addends,
          scratch);
      for (int i = 0; i < count; i++) {
        addends[i] *= beta;
      }
    }
    if (epilogue.bias()) {
      Codec.decode(dtype, operands.bias + (long) col * dtype.bytes(), count, more, scratch);
      for (int i = 0; i < count; i++) {
        addends[i] = beta != 0f ? addends[i] + more[i] : more[i];
      }
    }
    if (beta != 0f || epilogue.bias()) {
      for (int i = 0; i < count; i++) {
        values[i] += addends[i];
      }
    }
  }

  private static void storeInts(
      GemmSpec spec,
      RunOperands operands,
      long from,
      int row,
      int col,
      int count,
      long to,
      Scratch scratch) {
    Epilogue epilogue = spec.epilogue();
    int[] values = scratch.ints;
    int[] more = scratch.moreInts;
    OffHeap.read(from, values, count);
    if (inWindow(epilogue, row) && epilogue.beta() != 0f) {
      OffHeap.read(
          operands.c + 4L * ((long) (row - epilogue.firstRow()) * operands.cStride + col),
          more,
          count);
      addInts(values, more, count);
    }
    if (inWindow(epilogue, row) && epilogue.bias()) {
      OffHeap.read(operands.bias + 4L * col, more, count);
      addInts(values, more, count);
    }
    OffHeap.write(values, to, count);
  }

  private static void addInts(int[] values, int[] more, int count) {
    for (int i = 0; i < count; i++) {
      values[i] += more[i];
    }
  }
}
