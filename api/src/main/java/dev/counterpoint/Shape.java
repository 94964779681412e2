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

  /** Number of elements. */
  public long elements() {
    return (long) rows * cols;
  }

  @Override
  public String toString() {
    return "[" + rows + ", " + cols + "]";
  }
}
