package dev.counterpoint.conformance;

import java.util.Arrays;

/** Tables of hooks. */
final class Tables {
  private Tables() {}

  static int[] filled(int length, int value) {
    int[] values = new int[length];
    Arrays.fill(values, value);
    return values;
  }

  /** 0, 1, 2, … */
  static int[] counting(int length) {
    int[] values = new int[length];
    Arrays.setAll(values, i -> i);
    return values;
  }
}
