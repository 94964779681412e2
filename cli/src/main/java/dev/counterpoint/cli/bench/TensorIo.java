package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Moves matrices between {@link SeededMatrix} and devices, a few rows at a time, so that size does
 * not matter.
 */
final class TensorIo {
  private static final int BATCH_BYTES = 8 << 20;

  private TensorIo() {}

  /** Gives the bit patterns of a whole row of a tensor; called by several threads. */
  interface RowBits {
    void of(int row, int[] line);
  }

  /** Uploads a matrix, whose rows all processors make. */
  static void upload(Tensor tensor, RowBits bits) {
    ByteBuffer buffer = buffer(tensor);
    int rowBytes = tensor.cols() * tensor.dtype().bytes();
    for (int first = 0; first < tensor.rows(); ) {
      int begin = first;
      int count = batch(tensor, first);
      buffer.clear();
      IntStream.range(0, count)
          .parallel()
          .forEach(
              row -> {
                int[] line = new int[tensor.cols()];
                bits.of(begin + row, line);
                put(buffer, row * rowBytes, tensor.dtype(), line);
              });
      tensor.rows(first, count).uploadBytes(buffer.limit(count * rowBytes));
      first += count;
    }
  }

  /** Reads a tensor a few rows at a time, and sums up its bytes on the way. */
  static final class Reader implements Reference.Rows {
    private final Tensor tensor;
    private final int rowBytes;
    private final ByteBuffer buffer;
    private final CRC32C checksum = new CRC32C();
    private int next;

    Reader(Tensor tensor) {
      this.tensor = tensor;
      this.rowBytes = tensor.cols() * tensor.dtype().bytes();
      this.buffer = buffer(tensor).limit(0);
    }

    @Override
    public int available() {
      if (!buffer.hasRemaining() && rowBytes > 0) {
        fill();
      }
      return rowBytes == 0 ? Integer.MAX_VALUE : buffer.remaining() / rowBytes;
    }

    @Override
    public void row(int ahead, double[] line) {
      int at = buffer.position() + ahead * rowBytes;
      for (int col = 0; col < line.length; col++) {
        line[col] = tensor.dtype().decode(get(buffer, at, col, tensor.dtype()));
      }
    }

    @Override
    public void skip(int rows) {
      buffer.position(buffer.position() + rows * rowBytes);
    }

    private void fill() {
      int count = batch(tensor, next);
      buffer.clear().limit(count * rowBytes);
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

  private static void put(ByteBuffer buffer, int at, DType dtype, int[] line) {
    for (int i = 0; i < line.length; i++) {
      switch (dtype.bytes()) {
        case 1 -> buffer.put(at + i, (byte) line[i]);
        case 2 -> buffer.putShort(at + 2 * i, (short) line[i]);
        default -> buffer.putInt(at + 4 * i, line[i]);
      }
    }
  }

  private static int get(ByteBuffer buffer, int at, int index, DType dtype) {
    return switch (dtype.bytes()) {
      case 1 -> buffer.get(at + index);
      case 2 -> buffer.getShort(at + 2 * index);
      default -> buffer.getInt(at + 4 * index);
    };
  }
}
