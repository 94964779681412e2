package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;

/** Checks of copies of rows and of the counts of collectives (rules XFER-5, ERR-7). */
public final class TransferChecks {
  private TransferChecks() {}

  /** Throws unless {@code rows} pieces of {@code rowBytes} at these pitches are a shape. */
  public static void requireRows(long rows, long rowBytes, long sourcePitch, long targetPitch) {
    if (rows < 0 || rowBytes < 0) {
      throw new InvalidArgumentException(
          "rows × rowBytes", rows + " × " + rowBytes, "not be negative");
    }
    requirePitch("sourcePitch", rows, rowBytes, sourcePitch);
    requirePitch("targetPitch", rows, rowBytes, targetPitch);
  }

  private static void requirePitch(String argument, long rows, long rowBytes, long pitch) {
    if (rows > 1 && pitch < rowBytes) {
      throw new InvalidArgumentException(argument, pitch, "be at least rowBytes, " + rowBytes);
    }
    if (rows > 1 && pitch > (Long.MAX_VALUE >> 1) / rows) {
      throw new InvalidArgumentException(argument, pitch, "leave the extent within 2^62 bytes");
    }
  }

  /**
   * Bytes of {@code blocks} blocks of {@code count} elements.
   *
   * @throws InvalidArgumentException when the count is negative or no memory could hold it
   */
  public static long bytes(long count, int blocks, int elementBytes) {
    if (count < 0) {
      throw new InvalidArgumentException("count", count, "not be negative");
    }
    if (count > (1L << 56) / Math.max(1, blocks)) {
      throw new InvalidArgumentException("count", count, "be below 2^56 elements in all");
    }
    return count * blocks * elementBytes;
  }
}
