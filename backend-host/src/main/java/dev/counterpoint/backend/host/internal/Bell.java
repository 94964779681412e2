package dev.counterpoint.backend.host.internal;

import org.jspecify.annotations.Nullable;

/**
 * A place where threads wait for a condition that other threads make true. Ringing costs one
 * volatile read while nobody waits, and waiting allocates nothing.
 *
 * <p>No wake-up is lost: a waiter counts itself before it looks at the condition, and whoever makes
 * the condition true does so, by a volatile write or stronger, before it looks at the count.
 */
final class Bell {
  private static final int SPINS = 64;

  /** A waiter looks up at least this often, whoever forgot to ring. */
  private static final long LONGEST_SLEEP = 100_000_000L;

  private volatile int waiters;
  private volatile long rings;

  /** What is waited for. */
  interface Condition {
    /** Whether it is true; reads with acquire semantics. */
    boolean met();
  }

  /** Wakes all waiters to look again. */
  void ring() {
    if (waiters != 0) {
      ringNow();
    }
  }

  private synchronized void ringNow() {
    rings = rings + 1;
    notifyAll();
  }

  /**
   * Waits for a condition.
   *
   * @param timeoutNanos bound; {@code Long.MAX_VALUE} for a condition that other bounded work makes
   *     true
   * @param faults the wait is left by {@link WorldFailed} when a fault is raised; null to stay
   * @return whether it was met in time
   */
  boolean await(Condition condition, long timeoutNanos, @Nullable FaultBoard faults) {
    for (int i = 0; i < SPINS; i++) {
      if (condition.met()) {
        return true;
      }
      Thread.onSpinWait();
    }
    enter();
    boolean interrupted = false;
    try {
      long start = System.nanoTime();
      while (true) {
        long heard = rings;
        if (condition.met()) {
          return true;
        }
        if (faults != null) {
          faults.leaveIfRaised();
        }
        long left = timeoutNanos - (System.nanoTime() - start);
        if (left <= 0) {
          return false;
        }
        interrupted |= sleep(heard, Math.min(left, LONGEST_SLEEP));
      }
    } finally {
      leave();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized void enter() {
    waiters = waiters + 1;
  }

  private synchronized void leave() {
    waiters = waiters - 1;
  }

  @SuppressWarnings(
      "WaitNotInLoop") // the caller loops: it has to look at faults and at the time as well
  private synchronized boolean sleep(long heard, long nanos) {
    try {
      if (rings == heard) {
        wait((nanos + 999_999) / 1_000_000);
      }
      return false;
    } catch (InterruptedException e) {
      return true; // waits are bounded and leave by faults, not by interrupts; the caller restores
      // the flag
    }
  }
}
