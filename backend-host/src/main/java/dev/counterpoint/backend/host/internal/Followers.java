package dev.counterpoint.backend.host.internal;

import org.jspecify.annotations.Nullable;

/**
 * The sleeping streams to wake when one stream passes certain positions. Holds a fixed number, so
 * that registering allocates nothing; who finds it full wakes at once instead.
 */
final class Followers {
  private static final int CAPACITY = 32;
  private final @Nullable CommandRing[] rings = new CommandRing[CAPACITY];
  private final long[] positions = new long[CAPACITY];
  private volatile int count;

  /** Registers a ring to be woken at a position; false if there is no room. */
  synchronized boolean add(CommandRing ring, long position) {
    int at = count;
    if (at == CAPACITY) {
      return false;
    }
    rings[at] = ring;
    positions[at] = position;
    count = at + 1;
    return true;
  }

  /**
   * Wakes whoever waits for this position or an earlier one; costs a volatile read when nobody
   * does.
   */
  void passed(long position) {
    if (count != 0) {
      wakeUpTo(position);
    }
  }

  private synchronized void wakeUpTo(long position) {
    int kept = 0;
    int all = count;
    for (int i = 0; i < all; i++) {
      CommandRing ring = rings[i];
      if (ring != null && positions[i] <= position) {
        ring.wake();
      } else {
        rings[kept] = ring;
        positions[kept++] = positions[i];
      }
    }
    for (int i = kept; i < all; i++) {
      rings[i] = null;
    }
    count = kept;
  }
}
