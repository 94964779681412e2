package dev.counterpoint;

/**
 * Rows and columns of a matrix, in elements.
 *
 * @param rows number of rows, ≥ 0
 * @param cols number of columns, ≥ 0
 */
public record Shape(int rows, int cols) {
  /** Checks that neither is negative. */
  public Shape {
    if (rows < 0) {
      throw new InvalidArgumentException("rows", rows, "not be negative");
    }
    if (cols < 0) {
      throw new InvalidArgumentException("cols", cols, "not be negative");
    }
  }

  /** Rows and columns exchanged. */
  public Shape transposed() {
    return new Shape(/* rows= */ cols, /* cols= */ rows);
  }

  /**
   * Bytes from the first element to the end of the last row when rows start {@code rowStride}
   * elements apart; 0 without rows.
   *
   * @throws InvalidArgumentException if that is more than a device address can span
   */
  public long extentBytes(int rowStride, DType dtype) {
    long elements = rows == 0 ? 0 : (rows - 1L) * rowStride + cols;
    if (elements > Long.MAX_VALUE / dtype.bytes()) {
      throw new InvalidArgumentException(
          "rowStride", rowStride, "keep " + this + " within the address space");
    }
    return elements * dtype.bytes();
  }

  /** Number of elements. */
  public long elements() {
    return (long) rows * cols;
  }

  @Override
  public String toString() {
    return "[" + rows + ", " + cols + "]";
  }
}
