package dev.counterpoint.spi;

/**
 * A point in a stream that other streams or the host can wait for. Reusable: recording it again
 * moves it.
 */
public interface Event extends AutoCloseable {
  /** Whether the latest recorded point has been reached; true if never recorded. */
  boolean isComplete();

  /**
   * Device time from another event's point to this one's, both complete and recorded on the same
   * device.
   *
   * @throws dev.counterpoint.UnsupportedCapabilityException if either is not timed
   */
  double nanosSince(Event earlier);

  @Override
  void close();
}
