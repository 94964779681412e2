package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.Tiling;

/**
 * In which order a rank computes the tiles that it sends to their owners: block by block over all
 * shards, so that every owner gets the first block of its shard from everyone early and can finish
 * it while the rest is computed.
 *
 * <p>Within a block the next rank's rows come first, row by row of tiles.
 *
 * <p>On a wide device, whose units finish a whole wave of tiles at a time, the rows of all owners
 * are mixed: the stores of each wave then go over all links, and a share of them over none, where
 * otherwise whole waves of them meet on one link. Rows come in pairs, which the blocks of a cluster
 * compute together, and a band of rows goes through the columns together, so that a wave reads few
 * rows of both operands.
 */
public final class RoutedOrder {
  private static final int ROWS_TOGETHER = 2;
  private static final int ROWS_OF_BAND = 16;

  private RoutedOrder() {}

  /**
   * The tiles of all shards, one for each rank, in order.
   *
   * @param blockTileRows tile rows of a shard that are signaled together
   */
  public static int[] of(Tiling tiling, int rank, int blockTileRows, boolean wide) {
    int perShard = tiling.tileRowsPerShard();
    int band = wide ? ROWS_OF_BAND : 1;
    int[] tiles = new int[tiling.tiles()];
    int at = 0;
    for (int begin = 0; begin < perShard; begin += blockTileRows) {
      int end = Math.min(perShard, begin + blockTileRows);
      int[] rows = rows(tiling, rank, begin, end, wide ? ROWS_TOGETHER : end - begin);
      for (int first = 0; first < rows.length; first += band) {
        int last = Math.min(rows.length, first + band);
        for (int col = 0; col < tiling.tileColCount(); col++) {
          for (int row = first; row < last; row++) {
            tiles[at++] = tiling.tile(rows[row] / perShard, rows[row] % perShard, col);
          }
        }
      }
    }
    return tiles;
  }

  /** Tile rows of all shards, from begin to end of each, so many of each owner at a time. */
  private static int[] rows(Tiling tiling, int rank, int begin, int end, int together) {
    int owners = tiling.partition().shards();
    int[] rows = new int[owners * (end - begin)];
    int at = 0;
    for (int first = begin; first < end; first += together) {
      for (int step = 1; step <= owners; step++) {
        int owner = (rank + step) % owners;
        for (int row = first; row < Math.min(end, first + together); row++) {
          rows[at++] = owner * tiling.tileRowsPerShard() + row;
        }
      }
    }
    return rows;
  }
}
