package dev.counterpoint.spi;

/**
 * A launch counter of one rank in device memory, starting at 0. It is what makes a captured launch
 * replayable: signal values are computed from it on the device, never passed as arguments (rule
 * SIG-9).
 */
public interface Epoch extends AutoCloseable {
  /** The rank it belongs to. */
  int rank();

  /** Its present value, read by the host; for diagnostics and tests. */
  long read();

  @Override
  void close();
}
