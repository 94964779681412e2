package dev.counterpoint.core.tuner;

/** What moves or sums bytes, each with a {@link Curve} of its own, all ranks at the same time. */
public enum Route {
  /** Library all-gather, against the bytes of one rank's share. */
  ALL_GATHER,
  /** Library reduce-scatter, against the bytes of one rank's share. */
  REDUCE_SCATTER,
  /** Library all-reduce, against the bytes of the whole. */
  ALL_REDUCE,
  /** Library all-to-all, against the bytes for one peer. */
  ALL_TO_ALL,
  /** One library exchange: each rank sends to one and receives from another. */
  EXCHANGE,
  /** One push by copy engine to one peer, until the peer has seen the signal. */
  PUSH,
  /** One of many pushes that follow each other. */
  STREAMED_PUSH,
  /** One push by compute units, where devices have both. */
  COMPUTE_PUSH,
  /** One of many of them that follow each other. */
  STREAMED_COMPUTE_PUSH,
  /**
   * All-reduce by kernels over peers' memory, where there is one, against the bytes of the whole.
   */
  PEER_ALL_REDUCE,
  /** The sum of one slot per rank, against the bytes of the sum. */
  REDUCE,
  /** A copy within a rank. */
  COPY,
  /** No bytes: to another stream of the rank and back, by events. */
  HANDOVER,
  /** No bytes: how much longer the first collective takes, since ranks do not start at once. */
  START;

  /** Whether it moves bytes from rank to rank. */
  boolean usesLink() {
    return switch (this) {
      case ALL_GATHER,
          REDUCE_SCATTER,
          ALL_REDUCE,
          ALL_TO_ALL,
          EXCHANGE,
          PUSH,
          STREAMED_PUSH,
          COMPUTE_PUSH,
          STREAMED_COMPUTE_PUSH,
          PEER_ALL_REDUCE ->
          true;
      case REDUCE, COPY, HANDOVER, START -> false;
    };
  }

  /** Whether a machine can be without it. */
  boolean isOptional() {
    return this == COMPUTE_PUSH || this == STREAMED_COMPUTE_PUSH || this == PEER_ALL_REDUCE;
  }
}
