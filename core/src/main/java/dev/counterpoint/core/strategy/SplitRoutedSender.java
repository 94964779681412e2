package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;

/**
 * {@link RoutedSender} for shards that differ: a GEMM for each owner, since the shards of one are
 * all alike, the next rank's first and the own one last.
 */
final class SplitRoutedSender implements Sender {
  private final OutputProgram program;

  /** Of the longest shard; all have tiles of the same size, so that owners can count them. */
  private final Tiling longest;

  private final int blockTileRows;
  private final Staging staging;

  /** By rank and owner; null for an owner without rows. */
  private final PreparedGemm[][] gemms;

  SplitRoutedSender(OutputProgram program, BackPressure backPressure) {
    this.program = program;
    PlanContext context = program.context;
    longest = tiling(context.backend().localRanks().get(0), program.longest, 0, 0);
    int tileRows = longest.tileRowsPerShard();
    int groups = Chunking.routedBlocks(context, tileRows);
    blockTileRows = Math.max(1, (tileRows + groups - 1) / groups);
    staging =
        Staging.allocate(
            program, RowBlocks.even(program.longest, blockTileRows * longest.tileRows()));
    gemms = new PreparedGemm[program.ranks][program.ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      for (int owner = 0; owner < program.ranks; owner++) {
        if (program.rows(r, owner) > 0) {
          gemms[r][owner] = prepare(r, owner, backPressure);
        }
      }
    }
  }

  private Tiling tiling(int rank, int rows, int tileRows, int tileCols) {
    return program.context.tiling(
        rank,
        RowPartition.whole(rows),
        program.problem.n(),
        program.problem.k(),
        tileRows == 0 ? program.context.spec().tuning().tileRows() : tileRows,
        tileCols == 0 ? program.context.spec().tuning().tileCols() : tileCols);
  }

  private PreparedGemm prepare(int rank, int owner, BackPressure backPressure) {
    PlanContext context = program.context;
    int rows = program.rows(rank, owner);
    Tiling tiling = tiling(rank, rows, longest.tileRows(), longest.tileCols());
    int[] words = new int[tiling.tiles()];
    for (int tile = 0; tile < words.length; tile++) {
      words[tile] = staging.word(rank, tiling.tileRow(tile) / blockTileRows);
    }
    TileRoute route =
        new TileRoute.Owners(
            staging.buffer(),
            rank * program.slotBytes,
            program.stride,
            backPressure.clearanceOf(owner));
    return context.gemm(
        context
            .plainGemm("", rank, tiling, program.problem.k(), context.epilogue(0, rows))
            .withHooks(
                TileOrder.NATURAL,
                TileGate.NONE,
                route,
                new TilePost.Counters(staging.arrived(), words, TilePost.At.OWNER),
                context.lane(rank).epoch())
            .withReservedUnits(Math.max(0, context.spec().tuning().reservedUnits()))
            .withOwners(ShardOwners.following(owner, 1)));
  }

  @Override
  public Staging staging() {
    return staging;
  }

  @Override
  public long perEpoch(int source, int owner, int block) {
    int rows = staging.rows(program.rows(source, owner), block);
    long tileRows = (rows + (long) longest.tileRows() - 1) / longest.tileRows();
    return tileRows * longest.tileColCount();
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    for (int step = 1; step <= program.ranks; step++) {
      int owner = (me + step) % program.ranks;
      PreparedGemm gemm = gemms[me][owner];
      if (gemm != null) {
        GemmArguments arguments = program.inputs(lane, operands);
        Operands.rowsOfInput(arguments, operands.input(), program.firstRow(me, owner));
        gemm.launch(lane.main(), arguments);
      }
    }
  }

  @Override
  public String describe() {
    return "a routed GEMM of "
        + longest.tileRows()
        + "×"
        + longest.tileCols()
        + " tiles for each owner, at most "
        + staging.blocks()
        + " signaled blocks each";
  }
}
