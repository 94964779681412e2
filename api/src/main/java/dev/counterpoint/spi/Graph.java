package dev.counterpoint.spi;

/**
 * Captured work of one rank. Replaying enqueues all of it, with the arguments it was captured with,
 * as one item of a stream; it may be replayed any number of times without host synchronization.
 */
public interface Graph extends AutoCloseable {
  /** Enqueues one replay on a stream of the same rank; allocation-free. */
  void launch(Stream stream);

  @Override
  void close();
}
