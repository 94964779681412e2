package dev.counterpoint.core.fake;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Device memory of four-byte elements that holds exact integers and notices races: two accesses to
 * an element, one of them a write, of which neither is known to happen before the other. What
 * happens before what is given, for every action, as the set of all earlier ones.
 */
final class RaceMemory {
  private final List<BitSet> before = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final long[] values;
  private final int[] writer;
  private final int[][] readers;

  RaceMemory(long bytes) {
    int cells = Math.toIntExact(bytes / 4 + 1);
    values = new long[cells];
    writer = new int[cells];
    Arrays.fill(writer, -1);
    readers = new int[cells][];
  }

  /** A new action that happens after the given ones. */
  int action(String name, BitSet earlier) {
    before.add((BitSet) earlier.clone());
    names.add(name);
    return names.size() - 1;
  }

  /** All that happens before the given action, and itself. */
  BitSet upTo(int action) {
    BitSet all = (BitSet) before.get(action).clone();
    all.set(action);
    return all;
  }

  private static int cell(long address) {
    if (address % 4 != 0) {
      throw new AssertionError("address " + address + " splits an element");
    }
    return (int) (address / 4);
  }

  /** Reads without taking part in races: for the checker's own use. */
  long peek(long address) {
    return values[cell(address)];
  }

  /** Writes without taking part in races: for values that are there from the beginning. */
  void poke(long address, long value) {
    values[cell(address)] = value;
  }

  boolean untouched(long address) {
    return writer[cell(address)] < 0;
  }

  long load(long address, int action) {
    int cell = cell(address);
    requireAfter(writer[cell], action, "reads what", address);
    int[] known = readers[cell];
    if (known == null) {
      readers[cell] = new int[] {action};
    } else if (known[known.length - 1] != action) {
      readers[cell] = Arrays.copyOf(known, known.length + 1);
      readers[cell][known.length] = action;
    }
    return values[cell];
  }

  void store(long address, long value, int action) {
    int cell = cell(address);
    requireAfter(writer[cell], action, "overwrites what", address);
    if (readers[cell] != null) {
      for (int reader : readers[cell]) {
        requireAfter(reader, action, "overwrites what is read by", address);
      }
      readers[cell] = null;
    }
    writer[cell] = action;
    values[cell] = value;
  }

  private void requireAfter(int earlier, int action, String what, long address) {
    if (earlier >= 0 && earlier != action && !before.get(action).get(earlier)) {
      throw new AssertionError(
          "race at "
              + address
              + ": <"
              + names.get(action)
              + "> "
              + what
              + " <"
              + names.get(earlier)
              + "> without being ordered after it");
    }
  }
}
