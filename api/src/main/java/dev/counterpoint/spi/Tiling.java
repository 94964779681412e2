package dev.counterpoint.spi;

import dev.counterpoint.InvalidArgumentException;

/**
 * The output tiles of one GEMM and their numbering. A tile never straddles two shards of rows:
 * tiles start anew at each shard, so that each tile has one owner. Tile ids count, slowest first,
 * shard, tile row within the shard, tile column. Tiles of short trailing shards may be empty: they
 * have ids, but are neither computed nor stored nor posted.
 *
 * @param partition the output's rows and how they are divided
 * @param cols the output's columns
 * @param tileRows rows of a full tile
 * @param tileCols columns of a full tile
 */
public record Tiling(RowPartition partition, int cols, int tileRows, int tileCols) {
  /** Checks the ranges. */
  public Tiling {
    if (cols < 0) {
      throw new InvalidArgumentException("cols", cols, "not be negative");
    }
    if (tileRows < 1) {
      throw new InvalidArgumentException("tileRows", tileRows, "be at least 1");
    }
    if (tileCols < 1) {
      throw new InvalidArgumentException("tileCols", tileCols, "be at least 1");
    }
    long tiles =
        (long) partition.shards()
            * ((partition.rowsPerShard() + (long) tileRows - 1) / tileRows)
            * ((cols + (long) tileCols - 1) / tileCols);
    if (tiles > Integer.MAX_VALUE / 2) {
      throw new InvalidArgumentException(
          "tile", tileRows + "×" + tileCols, "be large enough for fewer than 2^30 tiles");
    }
  }

  /** Tile rows in each shard. */
  public int tileRowsPerShard() {
    return (int) ((partition.rowsPerShard() + (long) tileRows - 1) / tileRows);
  }

  /**
   * Tile rows over all shards; tile row {@code t} belongs to shard {@code t / tileRowsPerShard()}.
   */
  public int tileRowCount() {
    return partition.shards() * tileRowsPerShard();
  }

  /** Tile columns. */
  public int tileColCount() {
    return (int) ((cols + (long) tileCols - 1) / tileCols);
  }

  /** Number of tile ids, empty tiles included. */
  public int tiles() {
    return tileRowCount() * tileColCount();
  }

  /** Id of a tile. */
  public int tile(int shard, int tileRowInShard, int tileCol) {
    return (shard * tileRowsPerShard() + tileRowInShard) * tileColCount() + tileCol;
  }

  /** Tile row of a tile, over all shards. */
  public int tileRow(int tile) {
    return tile / tileColCount();
  }

  /** Tile column of a tile. */
  public int tileCol(int tile) {
    return tile % tileColCount();
  }

  /** Shard of a tile. */
  public int shard(int tile) {
    return tileRow(tile) / tileRowsPerShard();
  }

  /** First row of a tile row, in the whole output. */
  public int firstRowOf(int tileRow) {
    int shard = tileRow / tileRowsPerShard();
    long inShard = (long) (tileRow % tileRowsPerShard()) * tileRows;
    return (int) Math.min((long) partition.start(shard) + inShard, partition.start(shard + 1));
  }

  /** Rows of a tile row: those of a full tile, or fewer at the end of a shard; 0 if empty. */
  public int rowsOf(int tileRow) {
    int shard = tileRow / tileRowsPerShard();
    return Math.min(tileRows, partition.start(shard + 1) - firstRowOf(tileRow));
  }

  /** First row of a tile, in the whole output. */
  public int row(int tile) {
    return firstRowOf(tileRow(tile));
  }

  /** Rows of a tile. */
  public int rows(int tile) {
    return rowsOf(tileRow(tile));
  }

  /** First column of a tile. */
  public int col(int tile) {
    return tileCol(tile) * tileCols;
  }

  /** Columns of a tile. */
  public int cols(int tile) {
    return Math.min(tileCols, cols - col(tile));
  }

  /** Whether a tile has no element. */
  public boolean isEmpty(int tile) {
    return rows(tile) <= 0;
  }
}
