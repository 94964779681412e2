package dev.counterpoint.spi;

import java.util.Arrays;

/**
 * Which rank owns each shard of a GEMM's rows, and where the shard's rows lie among those that the
 * rank owns; for {@link TileRoute.Owners} and {@link TilePost.At#OWNER}. A rank may own any number
 * of shards.
 *
 * @param ranks by shard: the rank that owns it
 * @param rows by shard: its first row in the owner's matrix; shards of one owner do not overlap
 */
public record ShardOwners(int[] ranks, int[] rows) {
  /** One shard for each rank from the given one on, each at row 0. */
  public static ShardOwners following(int first, int shards) {
    int[] ranks = new int[shards];
    Arrays.setAll(ranks, shard -> first + shard);
    return new ShardOwners(ranks, new int[shards]);
  }

  /** The rank that owns a shard. */
  public int rank(int shard) {
    return ranks[shard];
  }

  /** The first row of a shard in its owner's matrix. */
  public int row(int shard) {
    return rows[shard];
  }
}
