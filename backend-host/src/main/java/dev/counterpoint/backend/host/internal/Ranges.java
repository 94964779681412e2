package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;

/** Checks of memory that callers pass. */
final class Ranges {
  private Ranges() {}

  /** The address of bytes within memory. */
  static long address(String argument, DeviceMemory memory, long offset, long bytes) {
    if (offset < 0 || bytes < 0 || offset > memory.bytes() - bytes) {
      throw new InvalidArgumentException(
          argument, "bytes " + offset + "+" + bytes, "lie within its " + memory.bytes() + " bytes");
    }
    return memory.address() + offset;
  }

  static void requireRank(String argument, DeviceMemory memory, int rank) {
    if (memory.rank() != rank) {
      throw new InvalidArgumentException(
          argument, "memory of rank " + memory.rank(), "lie on rank " + rank);
    }
  }

  /** Bytes from the first element of a matrix to past its last, or 0 if it has none. */
  static long extent(long rows, long cols, long rowStride, int elementBytes) {
    return rows == 0 || cols == 0 ? 0 : ((rows - 1) * rowStride + cols) * elementBytes;
  }

  static void requireStride(String argument, long rowStride, long cols) {
    if (rowStride < cols) {
      throw new InvalidArgumentException(
          argument, "row stride " + rowStride, "be at least the number of columns, " + cols);
    }
  }
}
