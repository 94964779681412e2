package dev.counterpoint.backend.host.internal;

import java.util.concurrent.locks.LockSupport;

/** Waits for points in time without burning a core that another rank needs. */
final class Pace {
  /** Parking overshoots by about this much; a wait that is not long is spun to its end. */
  private static final long SPIN_NANOS = 50_000;

  /** In a wait this long the overshoot does not matter, but a processor that spins does. */
  private static final long LONG_NANOS = 1_000_000;

  /** How long a fault may go unnoticed. */
  private static final long SLICE_NANOS = 20_000_000;

  private Pace() {}

  /** Returns at a {@link System#nanoTime} or soon after; leaves when the world fails. */
  static void until(long time, FaultBoard faults) {
    long left = time - System.nanoTime();
    long spin = left > LONG_NANOS ? 0 : SPIN_NANOS;
    while (left > 0) {
      faults.leaveIfRaised();
      if (left > spin) {
        LockSupport.parkNanos(Math.min(left - spin, SLICE_NANOS));
      } else {
        Thread.onSpinWait();
      }
      left = time - System.nanoTime();
    }
  }
}
