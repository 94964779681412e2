package dev.counterpoint.spi;

/**
 * A span of time on one lane of one rank.
 *
 * @param rank where
 * @param lane stream, copy engine or compute unit
 * @param kind what sort of thing
 * @param name for people, such as {@code "tile 12"} or {@code "put → 3"}
 * @param operation label of the plan it belongs to; may be empty
 * @param startNanos on a clock common to all ranks
 * @param endNanos on the same clock
 */
public record TraceEvent(
    int rank,
    String lane,
    Kind kind,
    String name,
    String operation,
    long startNanos,
    long endNanos) {
  /** Sorts of span. */
  public enum Kind {
    /** A tile or a whole GEMM. */
    COMPUTE,
    /** Bytes moving between ranks. */
    TRANSFER,
    /** Waiting for a signal or a gate. */
    WAIT,
    /** A reduction. */
    REDUCE,
    /** A library collective. */
    COLLECTIVE,
    /** A copy within a rank, or anything else. */
    OTHER
  }
}
