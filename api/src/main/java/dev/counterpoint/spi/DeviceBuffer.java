package dev.counterpoint.spi;

/**
 * Memory of one device that is freed on close. Closing does not wait: the owner sees to it that no
 * work uses it.
 */
public interface DeviceBuffer extends AutoCloseable {
  /** Where it lies; throws {@link dev.counterpoint.ResourceClosedException} after close. */
  DeviceMemory memory();

  @Override
  void close();
}
