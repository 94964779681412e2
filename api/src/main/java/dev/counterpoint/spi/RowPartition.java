package dev.counterpoint.spi;

import dev.counterpoint.InvalidArgumentException;

/**
 * Rows cut into shards of equal size; trailing shards may be shorter or empty.
 *
 * @param rows number of rows, ≥ 0
 * @param shards number of shards, ≥ 1
 * @param rowsPerShard rows of a full shard, so many that all rows have a shard
 */
public record RowPartition(int rows, int shards, int rowsPerShard) {
  /** Checks the ranges. */
  public RowPartition {
    if (rows < 0) {
      throw new InvalidArgumentException("rows", rows, "not be negative");
    }
    if (shards < 1) {
      throw new InvalidArgumentException("shards", shards, "be at least 1");
    }
    if ((long) shards * rowsPerShard < rows) {
      throw new InvalidArgumentException(
          "rowsPerShard",
          rowsPerShard,
          "give each of " + rows + " rows one of " + shards + " shards");
    }
  }

  /** So many shards of as few rows as there can be, ⌈rows / shards⌉. */
  public RowPartition(int rows, int shards) {
    this(rows, shards, shards < 1 ? 0 : (int) (((long) rows + shards - 1) / shards));
  }

  /** All rows in one shard. */
  public static RowPartition whole(int rows) {
    return new RowPartition(rows, 1);
  }

  /** As many shards of so many rows as there are rows for. */
  public static RowPartition ofHeight(int rows, int rowsPerShard) {
    if (rowsPerShard < 1) {
      throw new InvalidArgumentException("rowsPerShard", rowsPerShard, "be at least 1");
    }
    int shards = (int) (((long) rows + rowsPerShard - 1) / rowsPerShard);
    return new RowPartition(rows, Math.max(1, shards), rowsPerShard);
  }

  /** First row of a shard; {@code rows} for an empty trailing shard. */
  public int start(int shard) {
    return (int) Math.min(rows, (long) shard * rowsPerShard);
  }

  /** Number of rows in a shard. */
  public int rows(int shard) {
    return start(shard + 1) - start(shard);
  }

  /** Whether all shards have the same number of rows. */
  public boolean isEven() {
    return (long) shards * rowsPerShard == rows;
  }
}
