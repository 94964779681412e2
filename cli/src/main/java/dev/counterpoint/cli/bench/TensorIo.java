package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Moves matrices between {@link SeededMatrix} and devices, a few rows at a time, so that size does
 * not matter.
 */
final class TensorIo {
  private static final int BATCH_BYTES = 8 << 20;

  private TensorIo() {}

  /** Bits of the element at a row and column of a tensor. */
  interface Bits {
    int at(int row, int col);
  }

  /** Uploads a matrix. */
  static void upload(Tensor tensor, Bits bits) {
    ByteBuffer buffer = buffer(tensor);
    for (int first = 0; first < tensor.rows(); ) {
      int count = batch(tensor, first);
      buffer.clear();
      for (int row = first; row < first + count; row++) {
        for (int col = 0; col < tensor.cols(); col++) {
          put(buffer, tensor.dtype(), bits.at(row, col));
        }
      }
      buffer.flip();
      tensor.rows(first, count).uploadBytes(buffer);
      first += count;
    }
  }

  /** Reads a tensor row by row, and sums up its bytes on the way. */
  static final class Reader implements Reference.Rows {
    private final Tensor tensor;
    private final ByteBuffer buffer;
    private final CRC32C checksum = new CRC32C();
    private int next;

    Reader(Tensor tensor) {
      this.tensor = tensor;
      this.buffer = buffer(tensor).limit(0);
    }

    @Override
    public void next(double[] row) {
      if (!buffer.hasRemaining()) {
        fill();
      }
      for (int col = 0; col < row.length; col++) {
        row[col] = tensor.dtype().decode(get(buffer, tensor.dtype()));
      }
    }

    private void fill() {
      int count = batch(tensor, next);
      buffer.clear().limit(count * tensor.cols() * tensor.dtype().bytes());
      tensor.rows(next, count).downloadBytes(buffer);
      buffer.flip();
      checksum.update(buffer.duplicate());
      next += count;
    }

    /** Reads what is left, and returns a fingerprint of all bits. */
    long fingerprint() {
      while (next < tensor.rows() && tensor.cols() > 0) {
        fill();
      }
      return checksum.getValue();
    }
  }

  private static ByteBuffer buffer(Tensor tensor) {
    return ByteBuffer.allocateDirect(batch(tensor, 0) * tensor.cols() * tensor.dtype().bytes())
        .order(ByteOrder.nativeOrder());
  }

  private static int batch(Tensor tensor, int first) {
    int rowBytes = Math.max(1, tensor.cols() * tensor.dtype().bytes());
    return Math.min(tensor.rows() - first, Math.max(1, BATCH_BYTES / rowBytes));
  }

  private static void put(ByteBuffer buffer, DType dtype, int bits) {
    switch (dtype.bytes()) {
      case 1 -> buffer.put((byte) bits);
      case 2 -> buffer.putShort((short) bits);
      default -> buffer.putInt(bits);
    }
  }

  private static int get(ByteBuffer buffer, DType dtype) {
    return switch (dtype.bytes()) {
      case 1 -> buffer.get();
      case 2 -> buffer.getShort();
      default -> buffer.getInt();
    };
  }
}
