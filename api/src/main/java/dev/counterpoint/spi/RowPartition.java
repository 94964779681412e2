package dev.counterpoint.spi;

import dev.counterpoint.InvalidArgumentException;

/**
 * Rows cut into shards of equal size ⌈rows / shards⌉; trailing shards may be shorter or empty.
 *
 * @param rows number of rows, ≥ 0
 * @param shards number of shards, ≥ 1
 */
public record RowPartition(int rows, int shards) {
  /** Checks the ranges. */
  public RowPartition {
    if (rows < 0) {
      throw new InvalidArgumentException("rows", rows, "not be negative");
    }
    if (shards < 1) {
      throw new InvalidArgumentException("shards", shards, "be at least 1");
    }
  }

  /** All rows in one shard. */
  public static RowPartition whole(int rows) {
    return new RowPartition(rows, 1);
  }

  /** Rows of a full shard. */
  public int rowsPerShard() {
    return (int) (((long) rows + shards - 1) / shards);
  }

  /** First row of a shard; {@code rows} for an empty trailing shard. */
  public int start(int shard) {
    return (int) Math.min(rows, (long) shard * rowsPerShard());
  }

  /** Number of rows in a shard. */
  public int rows(int shard) {
    return start(shard + 1) - start(shard);
  }

  /** Whether all shards have the same number of rows. */
  public boolean isEven() {
    return rows % shards == 0;
  }
}
