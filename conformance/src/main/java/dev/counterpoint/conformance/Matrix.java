package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/**
 * A matrix on the host: the values that its element type holds exactly, and how they lie in memory.
 */
final class Matrix {
  /** What padding and everything that must not be written is filled with. */
  static final byte CANARY = (byte) 0xA5;

  final DType type;
  final int rows;
  final int cols;
  final int stride;
  final double[] values;

  Matrix(DType type, int rows, int cols, int stride) {
    this.type = type;
    this.rows = rows;
    this.cols = cols;
    this.stride = stride;
    this.values = new double[rows * cols];
  }

  /**
   * Random content.
   *
   * @param integers small integers, whose sums are exact, or else values of mixed magnitude
   */
  static Matrix random(
      Random random, DType type, int rows, int cols, int stride, boolean integers) {
    Matrix matrix = new Matrix(type, rows, cols, stride);
    for (int i = 0; i < matrix.values.length; i++) {
      double value =
          integers || !type.isFloating()
              ? random.nextInt(5) - 2
              : random.nextGaussian() * Math.scalb(1.0, random.nextInt(5) - 2);
      matrix.values[i] = Numbers.decode(type, Numbers.encode(type, value));
    }
    return matrix;
  }

  double at(int row, int col) {
    return values[row * cols + col];
  }

  void put(int row, int col, double value) {
    values[row * cols + col] = value;
  }

  /** Bytes that it takes in memory. */
  int bytes() {
    return size(type, rows, cols, stride);
  }

  static int size(DType type, int rows, int cols, int stride) {
    return rows == 0 || cols == 0 ? 0 : ((rows - 1) * stride + cols) * type.bytes();
  }

  /** As it lies in memory, padding filled with the canary. */
  byte[] layout() {
    byte[] content = new byte[bytes()];
    Arrays.fill(content, CANARY);
    ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        Numbers.put(
            buffer, (row * stride + col) * type.bytes(), type, Numbers.encode(type, at(row, col)));
      }
    }
    return content;
  }

  /** Reads a matrix back from memory. */
  static Matrix parse(DType type, int rows, int cols, int stride, byte[] content, int offset) {
    Matrix matrix = new Matrix(type, rows, cols, stride);
    ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        matrix.put(
            row,
            col,
            Numbers.decode(
                type, Numbers.get(buffer, offset + (row * stride + col) * type.bytes(), type)));
      }
    }
    return matrix;
  }

  /** Fails if a byte of {@code content} outside the matrix is not the canary. */
  static void checkPadding(
      String what, DType type, int rows, int cols, int stride, byte[] content, int offset) {
    int rowBytes = cols * type.bytes();
    int pitch = stride * type.bytes();
    for (int i = 0; i < content.length; i++) {
      int at = i - offset;
      boolean inside = at >= 0 && pitch > 0 && at / pitch < rows && at % pitch < rowBytes;
      if (!inside && content[i] != CANARY) {
        throw new AssertionError(
            String.format(
                "%s: byte %d, outside the %d × %d elements at stride %d, was written: %02x",
                what, at, rows, cols, stride, content[i]));
      }
    }
  }
}
