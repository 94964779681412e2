package dev.counterpoint.backend.host.internal;

/**
 * Makes the devices of a machine with too few processors equally fast. The operating system may
 * give one rank a processor of its own and let the others share the rest; real devices do not drift
 * apart like that, and every schedule that lets ranks send at the same time to different peers
 * would look worse than it is.
 *
 * <p>Each rank has the number of multiplications that it has been given. A rank that is ahead of
 * one that computes waits before it begins more, as long as the others keep the processors busy.
 * Ranks that do not compute hold up nobody and save nothing up.
 *
 * <p>Thread-safe.
 */
final class FairShare {
  /** Ranks may be apart by this much: some milliseconds of one processor. */
  private static final long SLACK = 100_000_000L;

  /** How long a fault may go unnoticed. */
  private static final long SLICE_MILLIS = 20;

  private final int processors;
  private final FaultBoard faults;
  private final boolean scarce;
  private final long[] given;
  private final int[] computing;
  private int waiting;

  FairShare(int ranks, int threads, int processors, FaultBoard faults) {
    this.processors = processors;
    this.faults = faults;
    scarce = (long) ranks * threads > processors;
    given = new long[ranks];
    computing = new int[ranks];
  }

  /** A thread of the rank begins to compute; waits until it may. */
  void enter(int rank) {
    if (scarce) {
      queue(rank);
    }
  }

  private synchronized void queue(int rank) {
    if (computing[rank] == 0) {
      given[rank] = Math.max(given[rank], least(rank, given[rank]));
    }
    while (isAhead(rank)) {
      pause();
      faults.leaveIfRaised();
    }
    computing[rank]++;
  }

  /** The thread has done so many multiplications. */
  void leave(int rank, long multiplications) {
    if (scarce) {
      account(rank, multiplications);
    }
  }

  private synchronized void account(int rank, long multiplications) {
    computing[rank]--;
    given[rank] += multiplications;
    if (waiting > 0) {
      notifyAll();
    }
  }

  private boolean isAhead(int rank) {
    int busy = 0;
    for (int other = 0; other < given.length; other++) {
      busy += other == rank ? 0 : computing[other];
    }
    return busy >= processors && given[rank] > least(rank, Long.MAX_VALUE) + SLACK;
  }

  /** What the one of the others has been given that computes and has been given least. */
  private long least(int rank, long ifNone) {
    long least = Long.MAX_VALUE;
    for (int other = 0; other < given.length; other++) {
      if (other != rank && computing[other] > 0) {
        least = Math.min(least, given[other]);
      }
    }
    return least == Long.MAX_VALUE ? ifNone : least;
  }

  @SuppressWarnings("WaitNotInLoop") // the caller loops
  private void pause() {
    waiting++;
    try {
      wait(SLICE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("a device thread was interrupted", e);
    } finally {
      waiting--;
    }
  }
}
