package dev.counterpoint.core.strategy;

/** Computes a rank's product and leaves each shard of it in its owner's {@link Staging}. */
interface Sender {
  /** Where the shards go. */
  Staging staging();

  /** How much a counter of a block of {@code owner}'s shard grows with each launch. */
  long perEpoch(int owner, int block);

  /** Enqueues one launch, on the main stream and the send stream. */
  void enqueue(Lane lane, Operands operands);

  /** Tiles or chunks, in words. */
  String describe();
}
