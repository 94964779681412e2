package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;

/** Checks of ranges, ranks and strides of memory that callers pass. */
public final class MemoryChecks {
  private MemoryChecks() {}

  /**
   * The address of {@code bytes} bytes that start {@code offset} bytes into memory.
   *
   * @throws InvalidArgumentException when they do not lie within it
   */
  public static long address(String argument, DeviceMemory memory, long offset, long bytes) {
    if (offset < 0 || bytes < 0 || offset > memory.bytes() - bytes) {
      throw new InvalidArgumentException(
          argument, "bytes " + offset + "+" + bytes, "lie within its " + memory.bytes() + " bytes");
    }
    return memory.address() + offset;
  }

  /** Throws unless the memory lies on the rank. */
  public static void requireOn(String argument, DeviceMemory memory, int rank) {
    if (memory.rank() != rank) {
      throw new InvalidArgumentException(
          argument, "memory of rank " + memory.rank(), "lie on rank " + rank);
    }
  }

  /** Throws unless {@code rank} is a rank of a world of {@code size}; returns it otherwise. */
  public static int requireRank(String argument, int rank, int size) {
    if (rank < 0 || rank >= size) {
      throw new InvalidArgumentException(argument, rank, "be a rank, 0 … " + (size - 1));
    }
    return rank;
  }

  /** Throws when a size that was asked for is negative. */
  public static void requireSize(String argument, long bytes) {
    requireAtLeast(argument, bytes, 0);
  }

  /** Throws when a value is below its least; the words for 0 are "not be negative". */
  public static void requireAtLeast(String argument, long value, long least) {
    if (value < least) {
      throw new InvalidArgumentException(
          argument, value, least == 0 ? "not be negative" : "be at least " + least);
    }
  }

  /**
   * Bytes from the first element of a matrix to past its last, gaps between rows included; 0 if it
   * has no element, and the largest number if there is none so large.
   *
   * @param rowStride elements from row to row; {@code rows · rowStride} must fit a long
   */
  public static long extent(long rows, long cols, long rowStride, int elementBytes) {
    if (rows == 0 || cols == 0) {
      return 0;
    }
    long elements = (rows - 1) * rowStride + cols;
    return elements > Long.MAX_VALUE / elementBytes ? Long.MAX_VALUE : elements * elementBytes;
  }

  /** Throws when rows overlap. A matrix of fewer than two rows has no stride to speak of. */
  public static void requireStride(String argument, long rows, long cols, long rowStride) {
    if (rows > 1 && rowStride < cols) {
      throw new InvalidArgumentException(
          argument, rowStride, "be at least the number of columns, " + cols);
    }
  }

  /**
   * The address of a matrix of one rank, after checking where it lies, its stride and its extent.
   */
  public static long matrix(
      String argument,
      DeviceMemory memory,
      int rank,
      long offset,
      long rows,
      long cols,
      long rowStride,
      int elementBytes) {
    requireOn(argument, memory, rank);
    if (rows > 1 && rowStride < cols) {
      throw new InvalidArgumentException(
          argument + ".stride", rowStride, "be at least the number of columns, " + cols);
    }
    return address(argument, memory, offset, extent(rows, cols, rowStride, elementBytes));
  }
}
