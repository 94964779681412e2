package dev.counterpoint.core.strategy;

import dev.counterpoint.Tuning;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;

/**
 * Tiles and stripes of a product that one routed GEMM computes stripe by stripe, each divided among
 * all owners.
 *
 * @param tiling tiles as low as the backend has them and as wide as the output, each row of them in
 *     a shard of its own
 * @param cut an owner's blocks, one of each stripe; its units are tile rows
 */
public record Stripes(Tiling tiling, RowBlocks cut) {
  /** So low a tile can be that stripes of every size are made of them. */
  private static final int TILE_ROWS = 48;

  /** How a backend cuts the product into tiles; sizes of 0 are its own. */
  @FunctionalInterface
  public interface Tiles {
    /** The tiles of these rows. */
    Tiling of(RowPartition rows, int tileRows, int tileCols);
  }

  /** Those of a product of so many rows and columns, as far as a tuning does not say. */
  public static Stripes of(Tiles tiles, int rows, int cols, int ranks, Tuning tuning) {
    int wanted = tuning.tileRows() == 0 ? TILE_ROWS : tuning.tileRows();
    int width = tuning.tileCols() == 0 ? cols : tuning.tileCols();
    int lowest = tiles.of(RowPartition.whole(rows), wanted, width).tileRows();
    int longest = new RowPartition(rows, ranks).rowsPerShard();
    int height = Math.max(1, Math.min(lowest, longest));
    RowPartition shards = RowPartition.ofHeight(rows, height);
    int perOwner = Math.max(1, (shards.shards() + ranks - 1) / ranks);
    int stripes = Chunking.routedStripes(tuning, perOwner);
    return new Stripes(
        tiles.of(shards, height, width),
        RowBlocks.ofUnits(perOwner, height, RowBlocks.stripeSizes(stripes)));
  }

  /** Tile rows of an owner. */
  int rowsPerOwner() {
    return cut.ends()[cut.count() - 1];
  }
}
