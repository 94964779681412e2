package dev.counterpoint.spi;

/**
 * One symmetric allocation. Closing does not wait: the owner sees to it that no work of any rank
 * uses it.
 */
public interface SymmetricBuffer extends AutoCloseable {
  /** The name given at allocation. */
  String name();

  /** Bytes on each rank. */
  long bytes();

  /**
   * The part on {@code rank}; the same object at each call. Throws {@link
   * dev.counterpoint.ResourceClosedException} after close.
   */
  DeviceMemory at(int rank);

  @Override
  void close();
}
