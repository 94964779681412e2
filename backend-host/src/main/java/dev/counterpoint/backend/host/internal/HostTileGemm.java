package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.support.GemmChecks;
import dev.counterpoint.spi.support.MemoryChecks;

/** The tile GEMM: OpenBLAS on each tile, hooks in Java. Any tile size works. */
final class HostTileGemm implements TileGemm {
  /**
   * By measurement: large enough that OpenBLAS's packing of both panels costs a few percent only.
   */
  private static final int TILE = 256;

  /**
   * Tiles are wider for the same reason, low ones most: what OpenBLAS packs of A for one of 128
   * rows serves all columns.
   */
  private static final int WIDE = 2 * TILE;

  private static final int WIDEST = 8 * TILE;

  /** But so many tiles there should be, for threads to share and peers to have early. */
  private static final int ENOUGH_TILES = 16;

  static final String DEFAULT_TILE = TILE + "×" + TILE;

  private final HostContext context;

  HostTileGemm(HostContext context) {
    this.context = context;
  }

  @Override
  public Tiling tiling(
      int rank,
      RowPartition partition,
      int cols,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout layout,
      int tileRows,
      int tileCols) {
    context.requireOpen();
    context.requireRank("rank", rank);
    MemoryChecks.requireAtLeast("k", k, 0);
    MemoryChecks.requireAtLeast("tileRows", tileRows, 0);
    MemoryChecks.requireAtLeast("tileCols", tileCols, 0);
    int rows = tileRows > 0 ? tileRows : suited(partition.rowsPerShard(), TILE);
    if (tileCols > 0) {
      return new Tiling(partition, cols, rows, tileCols);
    }
    int widest = rows > TILE / 2 ? WIDE : WIDEST;
    Tiling tiling = new Tiling(partition, cols, rows, suited(cols, widest));
    while (widest > TILE && tiling.tiles() < ENOUGH_TILES) {
      widest /= 2;
      tiling = new Tiling(partition, cols, rows, suited(cols, widest));
    }
    return tiling;
  }

  /** The usual length, or for a short side one that covers it without a sliver. */
  private static int suited(int length, int usual) {
    if (length <= usual) {
      return Math.max(1, length);
    }
    int pieces = (length + usual - 1) / usual;
    return Math.min(usual, ((length + pieces - 1) / pieces + 15) / 16 * 16);
  }

  @Override
  public boolean supports(DType inputType, DType outputType) {
    return GemmChecks.areMultipliable(inputType, outputType);
  }

  @Override
  public PreparedGemm prepare(GemmSpec spec) {
    context.requireOpen();
    HostPreparedGemm prepared = new HostPreparedGemm(context, new GemmPlan(context, spec));
    prepared.opened();
    return prepared;
  }
}
