package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import java.util.BitSet;

/** Checks of the tables of hooks (rule GEMM-16); every refusal names the table. */
public final class TableChecks {
  private TableChecks() {}

  /** Throws unless the table has this many entries. */
  public static void requireLength(String table, int length, long wanted) {
    if (length != wanted) {
      throw new InvalidArgumentException(
          table, length + " entries", "have " + wanted + (wanted == 1 ? " entry" : " entries"));
    }
  }

  /** Throws unless the table is a permutation of 0 … length−1. */
  public static void requirePermutation(String table, int[] values, int length) {
    requireLength(table, values.length, length);
    BitSet seen = new BitSet(length);
    for (int value : values) {
      if (value < 0 || value >= length || seen.get(value)) {
        throw new InvalidArgumentException(table, value, "be a permutation of 0 … " + (length - 1));
      }
      seen.set(value);
    }
  }
}
