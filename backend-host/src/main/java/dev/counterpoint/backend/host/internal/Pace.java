package dev.counterpoint.backend.host.internal;

import java.util.concurrent.locks.LockSupport;

/** Waits for points in time without burning a core that another rank needs. */
final class Pace {
  /** Parking overshoots by about this much; the rest is spun. */
  private static final long SPIN_NANOS = 50_000;

  /** How long a fault may go unnoticed. */
  private static final long SLICE_NANOS = 20_000_000;

  private Pace() {}

  /** Returns at a {@link System#nanoTime} or soon after; leaves when the world fails. */
  static void until(long time, FaultBoard faults) {
    long left = time - System.nanoTime();
    while (left > 0) {
      faults.leaveIfRaised();
      if (left > SPIN_NANOS) {
        LockSupport.parkNanos(Math.min(left - SPIN_NANOS, SLICE_NANOS));
      } else {
        Thread.onSpinWait();
      }
      left = time - System.nanoTime();
    }
  }
}
