package dev.counterpoint.spi.support;

/** Waiting for threads to end. */
public final class Threads {
  private Threads() {}

  /** Waits for a thread's end, whatever interrupts; true if it has ended. */
  public static boolean join(Thread thread, long nanos) {
    long deadline = System.nanoTime() + Math.min(nanos, Long.MAX_VALUE / 2);
    boolean interrupted = false;
    while (thread.isAlive()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        break;
      }
      try {
        thread.join(Math.max(1, left / 1_000_000));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
