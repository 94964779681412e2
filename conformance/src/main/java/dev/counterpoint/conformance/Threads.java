package dev.counterpoint.conformance;

import java.util.function.IntPredicate;

/** Counts the threads of this process, other than the kit's own. */
final class Threads {
  private static final long PATIENCE_MILLIS = 3_000;

  private Threads() {}

  /** The number once it has stopped changing. */
  static int settled() {
    int[] last = {-1};
    return await(
        now -> {
          boolean same = now == last[0];
          last[0] = now;
          return same;
        });
  }

  /** The number once it is no larger than the limit, or what it is when patience ends. */
  static int settledAtMost(int limit) {
    return await(now -> now <= limit);
  }

  private static int await(IntPredicate enough) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (true) {
      int now = count();
      if (enough.test(now) || System.nanoTime() > end) {
        return now;
      }
      pause(100);
    }
  }

  private static int count() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !thread.getName().startsWith("conformance-"))
            .count();
  }

  /**
   * Gives what must not happen some time to happen. The only sleep of the kit: nothing can be
   * waited for.
   */
  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
