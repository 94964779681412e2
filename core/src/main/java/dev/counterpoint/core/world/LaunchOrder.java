package dev.counterpoint.core.world;

import dev.counterpoint.LaunchOrderException;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Notices when ranks launch different plans at the same position of their sequences, before
 * anything hangs. Keeps what was launched at the latest positions; a rank that lags by more than
 * that goes unchecked and is caught by the bounded waits instead. Allocation-free.
 */
final class LaunchOrder {
  private static final int WINDOW = 1 << 12;
  private static final int PLAN_BITS = 24;

  private final AtomicLongArray seen = new AtomicLongArray(WINDOW);
  private final long[] position; // each entry is written by its rank's launching thread only

  LaunchOrder(int ranks) {
    position = new long[ranks * 8]; // a cache line apart
  }

  /**
   * Records that {@code rank} is about to launch plan {@code plan}; throws before it does if
   * another rank launched another.
   */
  void launching(int rank, int plan, String label) {
    long at = position[rank * 8] + 1;
    int slot = (int) (at & (WINDOW - 1));
    long mine = (at << PLAN_BITS) | plan;
    while (true) {
      long there = seen.get(slot);
      long thereAt = there >>> PLAN_BITS;
      if (thereAt > at) {
        break;
      }
      if (thereAt == at) {
        if (there != mine) {
          throw new LaunchOrderException(
              "launch "
                  + at
                  + " of rank "
                  + rank
                  + " is "
                  + label
                  + ", but another rank launched plan #"
                  + (there & ((1 << PLAN_BITS) - 1))
                  + " there; every rank must launch the same plans in the same order");
        }
        break;
      }
      if (seen.compareAndSet(slot, there, mine)) {
        break;
      }
    }
    position[rank * 8] = at;
  }
}
