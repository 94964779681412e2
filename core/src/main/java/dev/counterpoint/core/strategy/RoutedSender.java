package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;

/**
 * Sends by tiles: one GEMM that stores each finished tile into its owner's slot and then counts it
 * there, block by block over all shards, the next rank's first and the own one last.
 */
final class RoutedSender implements Sender {
  private static final int FEW_BLOCKS = 4;
  private static final int LEAST_TILE_ROWS = 128;

  private final OutputProgram program;
  private final Tiling tiling;
  private final int blockTileRows;
  private final Staging staging;
  private final PreparedGemm[] gemms;

  RoutedSender(OutputProgram program, BackPressure backPressure) {
    this.program = program;
    PlanContext context = program.context;
    // One tiling for all ranks, whatever their piece of K: owners must know how many tiles each
    // source will count.
    tiling = tiling(program);
    int tileRows = tiling.tileRowsPerShard();
    int groups = Chunking.routedBlocks(context, tileRows);
    blockTileRows = Math.max(1, (tileRows + groups - 1) / groups);
    int blockRows = blockTileRows * tiling.tileRows();
    staging = Staging.allocate(program, RowBlocks.even(program.shards.rowsPerShard(), blockRows));
    gemms = new PreparedGemm[program.ranks];
    for (Rank rank : context.ranks()) {
      gemms[rank.index()] = prepare(rank.index(), backPressure);
    }
  }

  /**
   * The backend's tiles; for an all-reduce lower ones where a shard has only a few rows of them,
   * because what comes after the last block, a second transfer, is exposed.
   */
  private static Tiling tiling(OutputProgram program) {
    PlanContext context = program.context;
    int rank = context.backend().localRanks().get(0);
    int k = program.k(0);
    Tiling natural = context.tiling(rank, program.shards, program.problem.n(), k);
    boolean forced = context.spec().tuning().tileRows() != 0;
    if (program.kind != OutputProgram.Kind.ALL_REDUCE
        || forced
        || natural.tileRowsPerShard() >= FEW_BLOCKS) {
      return natural;
    }
    int rows = (program.shards.rowsPerShard() + FEW_BLOCKS - 1) / FEW_BLOCKS;
    return context.tiling(
        rank, program.shards, program.problem.n(), k, Math.max(LEAST_TILE_ROWS, rows), 0);
  }

  private PreparedGemm prepare(int rank, BackPressure backPressure) {
    PlanContext context = program.context;
    TileRoute route =
        new TileRoute.Owners(
            staging.buffer(), rank * program.slotBytes, program.stride, backPressure.clearance());
    TilePost post = new TilePost.Counters(staging.arrived(), words(rank), TilePost.At.OWNER);
    return context.gemm(
        context
            .plainGemm("", rank, tiling, program.k(rank), program.epilogue(rank))
            .withHooks(
                new TileOrder.Table(
                    RoutedOrder.of(tiling, rank, blockTileRows, Chunking.isWide(context))),
                TileGate.NONE,
                route,
                post,
                context.lane(rank).epoch())
            .withReservedUnits(Math.max(0, context.spec().tuning().reservedUnits())));
  }

  private int[] words(int rank) {
    int[] words = new int[tiling.tiles()];
    for (int tile = 0; tile < words.length; tile++) {
      int tileRowInShard = tiling.tileRow(tile) % tiling.tileRowsPerShard();
      words[tile] = staging.word(rank, tileRowInShard / blockTileRows);
    }
    return words;
  }

  @Override
  public Staging staging() {
    return staging;
  }

  @Override
  public long perEpoch(int source, int owner, int block) {
    int rows = staging.rows(program.shards.rows(owner), block);
    long tileRows = (rows + (long) tiling.tileRows() - 1) / tiling.tileRows();
    return tileRows * tiling.tileColCount();
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    gemms[lane.rank()].launch(lane.main(), program.inputs(lane, operands));
  }

  @Override
  public String describe() {
    return "one routed GEMM of "
        + tiling.tileRows()
        + "×"
        + tiling.tileCols()
        + " tiles, "
        + staging.blocks()
        + " signaled blocks per shard";
  }
}
