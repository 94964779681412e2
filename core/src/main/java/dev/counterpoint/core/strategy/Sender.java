package dev.counterpoint.core.strategy;

/** Computes a rank's product and leaves each shard of it in its owner's {@link Staging}. */
interface Sender {
  /** Where the shards go. */
  Staging staging();

  /** How much {@code owner}'s counter of a block of {@code source}'s grows with each launch. */
  long perEpoch(int source, int owner, int block);

  /** Enqueues one launch, on the main stream and the send stream. */
  void enqueue(Lane lane, Operands operands);

  /** Whether blocks are striped over the owners, as {@link OwnedBlocks} describes. */
  default boolean isStriped() {
    return false;
  }

  /** Tiles or chunks, in words. */
  String describe();
}
