package dev.counterpoint.spi;

import java.time.Duration;

/**
 * An ordered queue of work on one rank's device. Work on one stream runs one after the other; work
 * on different streams may run at the same time, and must be able to: a wait on one stream never
 * keeps another from progressing (rule STR-3).
 */
public interface Stream extends AutoCloseable {
  /** The rank whose device it belongs to. */
  int rank();

  /** Its name in traces. */
  String name();

  /**
   * Names the operation that what is enqueued from now on belongs to; appears in traces and fault
   * records.
   *
   * @param operation a string that lives as long as the plan, so that launching allocates nothing;
   *     "" for none
   */
  void label(String operation);

  /** Marks the point reached by everything enqueued so far. */
  void record(Event event);

  /**
   * Makes what is enqueued from now on wait for the event's latest recorded point; no effect if
   * never recorded.
   */
  void await(Event event);

  /**
   * Starts to capture: what is enqueued from now on, here and on streams of this rank that await an
   * event recorded here during the capture, is kept in a graph and not run. Needs {@link
   * Capability#GRAPHS}.
   */
  void beginCapture();

  /** Whether what is enqueued now is captured, here or by another stream's capture. */
  boolean capturing();

  /** Ends the capture; all joined streams must have been joined back. May allocate. */
  Graph endCapture();

  /**
   * Waits until everything enqueued so far is complete.
   *
   * @throws dev.counterpoint.DeviceFaultException with the world's first fault
   * @throws dev.counterpoint.DeadlineExceededException if the deadline passed first
   */
  void synchronize(Duration deadline);

  /** Waits for what is enqueued (within the wait timeout), then releases the stream. Idempotent. */
  @Override
  void close();
}
