package dev.counterpoint.spi;

/**
 * First hook of a tile GEMM: which output tile is computed next. The tiles that are ready first
 * should come first.
 */
public sealed interface TileOrder {
  /** As suits the device's caches. */
  record Natural() implements TileOrder {}

  /**
   * Shard by shard in this order; within a shard as suits the caches.
   *
   * @param shards a permutation of 0 … shards−1
   */
  record Shards(int[] shards) implements TileOrder {}

  /**
   * Exactly this order.
   *
   * @param tiles a permutation of all tile ids
   */
  record Table(int[] tiles) implements TileOrder {}

  /** As suits the device's caches. */
  TileOrder NATURAL = new Natural();
}
