package dev.counterpoint.spi;

import dev.counterpoint.InvalidArgumentException;

/**
 * A range of device memory. A plain value: it owns nothing.
 *
 * @param rank the rank on whose device it lies
 * @param address address as this process's devices see it; an opaque number to everyone but the
 *     backend
 * @param bytes its length
 */
public record DeviceMemory(int rank, long address, long bytes) {
  /** Checks the length. */
  public DeviceMemory {
    if (bytes < 0) {
      throw new InvalidArgumentException("bytes", bytes, "not be negative");
    }
  }

  /** The part that starts {@code offset} bytes in. */
  public DeviceMemory slice(long offset, long length) {
    if (offset < 0 || length < 0 || offset > bytes - length) {
      throw new InvalidArgumentException("slice", offset + "+" + length, "lie within 0 … " + bytes);
    }
    return new DeviceMemory(rank, address + offset, length);
  }
}
