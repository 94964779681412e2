package dev.counterpoint.spi;

/**
 * Second hook of a tile GEMM: which signals must have arrived before the rows of A that a tile
 * reads may be read.
 */
public sealed interface TileGate {
  /** No wait. */
  record None() implements TileGate {}

  /**
   * Each tile waits for consecutive words of its own rank, by tile row. Waiting acquires at system
   * scope, for ordinary and for asynchronous loads alike (rule GEMM-8).
   *
   * @param signals where the words are
   * @param firstWord by tile row over all shards: the first word
   * @param wordCount by tile row: how many words; 0 for no wait
   * @param target what each word must have reached
   */
  record Words(SignalArray signals, int[] firstWord, int[] wordCount, Target target)
      implements TileGate {}

  /** No wait. */
  TileGate NONE = new None();
}
