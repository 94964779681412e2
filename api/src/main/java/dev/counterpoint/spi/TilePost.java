package dev.counterpoint.spi;

/** Fourth hook of a tile GEMM: which signal is raised once a tile is stored. */
public sealed interface TilePost {
  /** None. */
  record None() implements TilePost {}

  /**
   * Adds one to a word after the tile's data is visible wherever it went, with release semantics at
   * system scope (rule GEMM-12).
   *
   * @param signals where the words are
   * @param words by tile id: the word; negative for none
   * @param at whose word
   */
  record Counters(SignalArray signals, int[] words, At at) implements TilePost {}

  /** Whose word is raised. */
  enum At {
    /** The computing rank's own. */
    SELF,
    /** The word of the rank that owns the tile's shard. */
    OWNER
  }

  /** None. */
  TilePost NONE = new None();
}
