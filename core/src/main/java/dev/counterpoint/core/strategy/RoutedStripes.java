package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tuning;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * {@link RoutedSender} by stripes, for an all-reduce, which does not care who sums which rows: one
 * GEMM that goes through the rows of the product from top to bottom, of which each stripe is
 * divided among all owners. A stripe's tiles lie one below the other and are counted as one block,
 * so a device that computes them faster together may do so.
 */
final class RoutedStripes implements Sender {
  /** So low a tile can be that stripes of every size are made of them. */
  private static final int TILE_ROWS = 48;

  private final OutputProgram program;

  /** One tile row to each shard, as far as a backend has tiles that low. */
  private final Tiling tiling;

  private final Staging staging;
  private final ShardOwners owners;

  /** By shard: its stripe. */
  private final int[] stripes;

  private final PreparedGemm[] gemms;

  RoutedStripes(OutputProgram program, BackPressure backPressure) {
    this.program = program;
    PlanContext context = program.context;
    tiling = tiling(program);
    RowPartition shards = tiling.partition();
    int perOwner = Math.max(1, (shards.shards() + program.ranks - 1) / program.ranks);
    int wanted = Chunking.routedStripes(context, perOwner);
    RowBlocks cut =
        RowBlocks.ofUnits(perOwner, shards.rowsPerShard(), RowBlocks.stripeSizes(wanted));
    staging = Staging.allocate(program, cut, perOwner * shards.rowsPerShard());
    stripes =
        IntStream.range(0, shards.shards())
            .map(shard -> stripe(cut, program.ranks, shard))
            .toArray();
    owners = owners(shards, cut);
    gemms = new PreparedGemm[program.ranks];
    for (Rank rank : context.ranks()) {
      gemms[rank.index()] = prepare(rank.index(), backPressure);
    }
  }

  /**
   * Tiles as low as the backend has them and as wide as the output, each in a shard of its own. One
   * tiling for all ranks, whatever their piece of K: owners must know how many tiles each source
   * will count.
   */
  private static Tiling tiling(OutputProgram program) {
    PlanContext context = program.context;
    Tuning tuning = context.spec().tuning();
    int rank = context.backend().localRanks().get(0);
    int rows = program.problem.m();
    int cols = program.problem.n();
    int k = program.k(0);
    int wanted = tuning.tileRows() == 0 ? TILE_ROWS : tuning.tileRows();
    int width = tuning.tileCols() == 0 ? cols : tuning.tileCols();
    RowPartition whole = RowPartition.whole(rows);
    int lowest = context.tiling(rank, whole, cols, k, wanted, width).tileRows();
    int height = Math.max(1, Math.min(lowest, program.longest));
    RowPartition shards = RowPartition.ofHeight(rows, height);
    return context.tiling(rank, shards, cols, k, height, width);
  }

  private static int stripe(RowBlocks cut, int ranks, int shard) {
    int stripe = 0;
    while (shard >= cut.ends()[stripe] * ranks) {
      stripe++;
    }
    return stripe;
  }

  /** As {@link OwnedBlocks} says: of each stripe, the first shards are rank 0's. */
  private ShardOwners owners(RowPartition shards, RowBlocks cut) {
    int[] ranks = new int[shards.shards()];
    int[] rows = new int[shards.shards()];
    for (int shard = 0; shard < ranks.length; shard++) {
      int begin = stripes[shard] == 0 ? 0 : cut.ends()[stripes[shard] - 1];
      int each = cut.ends()[stripes[shard]] - begin;
      int inStripe = shard - begin * program.ranks;
      ranks[shard] = inStripe / each;
      rows[shard] = (begin + inStripe % each) * shards.rowsPerShard();
    }
    return new ShardOwners(ranks, rows);
  }

  private PreparedGemm prepare(int rank, BackPressure backPressure) {
    PlanContext context = program.context;
    int[] order = IntStream.range(0, tiling.tiles()).toArray();
    int[] words = new int[order.length];
    Arrays.setAll(words, tile -> staging.word(rank, stripes[tiling.shard(tile)]));
    return context.gemm(
        context
            .plainGemm("", rank, tiling, program.k(rank), program.epilogue(rank))
            .withHooks(
                new TileOrder.Table(order),
                TileGate.NONE,
                new TileRoute.Owners(
                    staging.buffer(),
                    staging.slotRows() * program.rowBytes * rank,
                    program.stride,
                    backPressure.clearanceOf(owners)),
                new TilePost.Counters(staging.arrived(), words, TilePost.At.OWNER),
                context.lane(rank).epoch())
            .withReservedUnits(Math.max(0, context.spec().tuning().reservedUnits()))
            .withOwners(owners));
  }

  @Override
  public Staging staging() {
    return staging;
  }

  @Override
  public boolean isStriped() {
    return true;
  }

  @Override
  public long perEpoch(int source, int owner, int block) {
    return IntStream.range(0, tiling.tiles())
        .filter(tile -> !tiling.isEmpty(tile))
        .map(tiling::shard)
        .filter(shard -> owners.rank(shard) == owner && stripes[shard] == block)
        .count();
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
        + " signaled stripes";
  }
}
