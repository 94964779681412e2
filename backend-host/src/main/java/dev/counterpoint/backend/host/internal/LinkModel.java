package dev.counterpoint.backend.host.internal;

import java.util.Arrays;

/**
 * A simulated link: each rank sends at a given speed and receives at that speed, and a transfer
 * occupies the sender's egress and the receiver's ingress for its bytes. The two ends are queues of
 * their own with a buffering switch between them, so that a transfer held up at one end leaves no
 * hole at the other. Pure arithmetic on times that callers pass in; whoever reserved then waits.
 *
 * <p>Thread-safe.
 */
final class LinkModel {
  private final double nanosPerByte;
  private final long latencyNanos;
  private final long[] egressFree;
  private final long[] ingressFree;

  LinkModel(int ranks, double bytesPerSecond, long latencyNanos) {
    this.nanosPerByte = bytesPerSecond > 0 ? 1e9 / bytesPerSecond : 0;
    this.latencyNanos = latencyNanos;
    this.egressFree = new long[ranks];
    this.ingressFree = new long[ranks];
    Arrays.fill(egressFree, Long.MIN_VALUE);
    Arrays.fill(ingressFree, Long.MIN_VALUE);
  }

  /** Whether transfers between ranks take time. */
  boolean on() {
    return nanosPerByte > 0;
  }

  /** Time from the last byte's leaving to its arrival. */
  long latencyNanos() {
    return latencyNanos;
  }

  /** How many bytes pass in so many nanoseconds. */
  long bytesIn(long nanos) {
    return (long) (nanos / nanosPerByte);
  }

  /**
   * Reserves both ends for a transfer that can begin at {@code earliest}.
   *
   * @return when its last byte leaves; it arrives {@link #latencyNanos} later
   */
  synchronized long reserve(int source, int target, long bytes, long earliest) {
    long duration = duration(bytes);
    egressFree[source] = Math.max(earliest, egressFree[source]) + duration;
    ingressFree[target] = Math.max(earliest, ingressFree[target]) + duration;
    return Math.max(egressFree[source], ingressFree[target]);
  }

  /** When the two ends of a transfer are done with it. */
  static final class Ends {
    /** When its last byte leaves the sender. */
    long egress;

    /** When the receiver's end is done with it, which may be before or after. */
    long ingress;
  }

  /** The same, told apart by end: each is free for what comes next as soon as it is done itself. */
  synchronized void reserve(int source, int target, long bytes, long earliest, Ends ends) {
    reserve(source, target, bytes, earliest);
    ends.egress = egressFree[source];
    ends.ingress = ingressFree[target];
  }

  /** Reserves the root's egress once and everyone else's ingress, for a pipelined broadcast. */
  synchronized long reserveBroadcast(int root, long bytes, long earliest) {
    long duration = duration(bytes);
    egressFree[root] = Math.max(earliest, egressFree[root]) + duration;
    long end = egressFree[root];
    for (int rank = 0; rank < ingressFree.length; rank++) {
      if (rank != root) {
        ingressFree[rank] = Math.max(earliest, ingressFree[rank]) + duration;
        end = Math.max(end, ingressFree[rank]);
      }
    }
    return end;
  }

  private long duration(long bytes) {
    return Math.round(bytes * nanosPerByte);
  }
}
