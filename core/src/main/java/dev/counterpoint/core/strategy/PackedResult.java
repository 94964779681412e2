package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;

/**
 * How that lies which a rank has received when the collectives of all groups of a {@link
 * PackedGroups} are done: in tiles of the same size as were sent, each in a block of its own.
 */
final class PackedResult {
  private PackedResult() {}

  /**
   * The tiles of a rank's result and their blocks.
   *
   * @param sent the tiles of the product, whose shards are the ranks' where it matters
   * @param map where they were packed
   * @param shards the rows of the product by rank
   */
  static NormSpec.Packing of(
      OutputProgram.Kind kind, Tiling sent, PackedGroups map, RowPartition shards, int rank) {
    int rows = shards.rows(rank);
    RowPartition partition =
        switch (kind) {
          case REDUCE_SCATTER -> RowPartition.whole(rows);
          case ALL_REDUCE -> RowPartition.whole(shards.rows());
          case ALL_TO_ALL -> new RowPartition(rows * shards.shards(), shards.shards());
        };
    Tiling result = new Tiling(partition, sent.cols(), sent.tileRows(), sent.tileCols());
    int perShard = result.tileRowsPerShard() * result.tileColCount();
    int[] slots = new int[result.tiles()];
    for (int tile = 0; tile < slots.length; tile++) {
      // A reduce-scatter leaves one shard's tiles, group after group: in the order of their
      // numbers.
      slots[tile] =
          kind == OutputProgram.Kind.REDUCE_SCATTER
              ? tile
              : map.slot(tile / perShard, tile % perShard);
    }
    return new NormSpec.Packing(result, slots);
  }
}
