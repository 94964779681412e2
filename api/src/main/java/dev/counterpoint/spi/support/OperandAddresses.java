package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one launch's operands, after checking that they are there, on the right rank and
 * large enough; every refusal names the operand.
 *
 * @param label what is launched
 * @param rank where all of them must lie
 */
record OperandAddresses(String label, int rank) {
  long matrix(
      String name,
      @Nullable DeviceMemory memory,
      long offset,
      int rows,
      int cols,
      int stride,
      int elementBytes) {
    // An absent operand is called absent, whatever stride came with it.
    long extent = MemoryChecks.extent(rows, cols, Math.max(stride, cols), elementBytes);
    if (memory != null && rows > 1 && stride < cols) {
      throw new InvalidArgumentException(
          name + ".stride", stride, "be at least the number of columns, " + cols);
    }
    return range(name, memory, offset, extent);
  }

  /** 0 for a vector that is not wanted. */
  long vector(String name, boolean wanted, @Nullable DeviceMemory memory, long bytes) {
    return wanted ? range(name, memory, 0, bytes) : 0;
  }

  long range(String name, @Nullable DeviceMemory memory, long offset, long bytes) {
    if (memory == null) {
      if (bytes == 0) {
        return 0;
      }
      throw new InvalidArgumentException(name, "absent", "be given for '" + label + "'");
    }
    MemoryChecks.requireOn(name, memory, rank);
    return MemoryChecks.address(name, memory, offset, bytes);
  }
}
