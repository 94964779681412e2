package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;

/** Sums of equally shaped rows in a fixed order, in the accumulator's type, rounded once. */
final class Sums {
  private Sums() {}

  /**
   * Sums {@code count} elements at {@code addresses[s] + offset}, s = 0, 1, …, into {@code target};
   * the target may be one of the sources.
   */
  static void sum(
      DType input,
      long[] addresses,
      int sources,
      long offset,
      DType output,
      long target,
      long count,
      Scratch scratch) {
    for (long done = 0; done < count; done += Scratch.LENGTH) {
      int part = (int) Math.min(Scratch.LENGTH, count - done);
      long at = offset + done * input.bytes();
      long to = target + done * output.bytes();
      if (input.isFloating()) {
        sumFloats(input, addresses, sources, at, output, to, part, scratch);
      } else {
        sumInts(input, addresses, sources, at, output, to, part, scratch);
      }
    }
  }

  private static void sumFloats(
      DType input,
      long[] addresses,
      int sources,
      long offset,
      DType output,
      long target,
      int count,
      Scratch scratch) {
    float[] sum = scratch.floats;
    float[] next = scratch.moreFloats;
    Codec.decode(input, addresses[0] + offset, count, sum, scratch);
    for (int s = 1; s < sources; s++) {
      Codec.decode(input, addresses[s] + offset, count, next, scratch);
      for (int i = 0; i < count; i++) {
        sum[i] += next[i];
      }
    }
    Codec.encode(output, sum, count, target, scratch);
  }

  private static void sumInts(
      DType input,
      long[] addresses,
      int sources,
      long offset,
      DType output,
      long target,
      int count,
      Scratch scratch) {
    int[] sum = scratch.ints;
    int[] next = scratch.moreInts;
    Codec.decode(input, addresses[0] + offset, count, sum, scratch);
    for (int s = 1; s < sources; s++) {
      Codec.decode(input, addresses[s] + offset, count, next, scratch);
      for (int i = 0; i < count; i++) {
        sum[i] += next[i];
      }
    }
    Codec.encode(output, sum, count, target, scratch);
  }
}
