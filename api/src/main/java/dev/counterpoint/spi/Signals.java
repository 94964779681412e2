package dev.counterpoint.spi;

import java.time.Duration;

/**
 * Monotonic counters that order work between ranks, streams and the host.
 *
 * <p>Raising a word ({@link #set}, {@link #add}) has release semantics at system scope for
 * everything earlier on its stream; waiting has acquire semantics for everything later on its
 * stream. A stream waits only for words of its own rank. Every wait is bounded by the world's wait
 * timeout. The idea of signals beside symmetric memory is OpenSHMEM's.
 */
public interface Signals {
  /** Allocates zeroed words on every rank. Collective. */
  SignalArray allocate(String name, int wordsPerRank);

  /** Creates a launch counter for a local rank. */
  Epoch newEpoch(int rank);

  /** Adds one to the epoch, in stream order. */
  void advance(Stream stream, Epoch epoch);

  /**
   * Raises {@code array[word]} at {@code owner} to the epoch's value; a word already higher is left
   * (rule SIG-2).
   */
  void set(Stream stream, SignalArray array, int owner, int word, Epoch epoch);

  /**
   * {@link #set} at several ranks; one operation where the device can. The array must not change
   * while the plan lives.
   */
  void setAll(Stream stream, SignalArray array, int[] owners, int word, Epoch epoch);

  /** Adds {@code delta} ≥ 0 to {@code array[word]} at {@code owner}, atomically. */
  void add(Stream stream, SignalArray array, int owner, int word, long delta);

  /** Holds the stream until its rank's {@code array[word]} is at least the target. */
  void await(Stream stream, SignalArray array, int word, Epoch epoch, Target target);

  /** Holds the stream until {@code count} consecutive words are each at least the target. */
  void awaitAll(
      Stream stream, SignalArray array, int firstWord, int count, Epoch epoch, Target target);

  /** Reads a word of a local rank with acquire semantics. */
  long read(SignalArray array, int rank, int word);

  /** Adds to a word of a local rank from the host, with release semantics. */
  void addFromHost(SignalArray array, int rank, int word, long delta);

  /**
   * Waits on the host until a local rank's word is at least {@code value}.
   *
   * @throws dev.counterpoint.DeadlineExceededException if it is not within the deadline
   * @throws dev.counterpoint.DeviceFaultException if the world fails meanwhile
   */
  void awaitOnHost(SignalArray array, int rank, int word, long value, Duration deadline);
}
