package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
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
 * GEMM that goes through the product stripe by stripe, each of which is divided among all owners. A
 * stripe's tiles lie one below the other and an owner's are counted as one block, so a device that
 * computes them faster together may do so.
 */
final class RoutedStripes implements Sender {
  private final OutputProgram program;

  private final Tiling tiling;

  private final Staging staging;
  private final ShardOwners owners;

  /** By shard: its stripe. */
  private final int[] stripes;

  private final PreparedGemm[] gemms;

  RoutedStripes(OutputProgram program, BackPressure backPressure) {
    this.program = program;
    PlanContext context = program.context;
    // One tiling for all ranks, whatever their piece of K: owners must know how many tiles each
    // source will count.
    int first = context.backend().localRanks().get(0);
    int cols = program.problem.n();
    int k = program.k(0);
    Stripes cutting =
        Stripes.of(
            (rows, tileRows, tileCols) -> context.tiling(first, rows, cols, k, tileRows, tileCols),
            program.problem.m(),
            cols,
            program.ranks,
            context.spec().tuning());
    tiling = cutting.tiling();
    RowPartition shards = tiling.partition();
    RowBlocks cut = cutting.cut();
    staging = Staging.allocate(program, cut, cutting.rowsPerOwner() * shards.rowsPerShard());
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
    int[] words = new int[tiling.tiles()];
    Arrays.setAll(words, tile -> staging.word(rank, stripes[tiling.shard(tile)]));
    return context.gemm(
        context
            .plainGemm("", rank, tiling, program.k(rank), program.epilogue(rank))
            .withHooks(
                new TileOrder.Table(order(rank)),
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

  /**
   * Stripe by stripe; of each the next rank's part first and the own one last, so that the ranks do
   * not all send to one owner at a time. But where tiles are as wide as the product, from top to
   * bottom: then a device may multiply those that lie one below the other at once, which is worth
   * more.
   */
  private int[] order(int rank) {
    if (tiling.tileColCount() == 1) {
      return IntStream.range(0, tiling.tiles()).toArray();
    }
    int[] tiles = new int[tiling.tiles()];
    int at = 0;
    for (int stripe = 0; stripe < staging.blocks(); stripe++) {
      for (int step = 1; step <= program.ranks; step++) {
        int owner = (rank + step) % program.ranks;
        for (int tile = 0; tile < tiles.length; tile++) {
          if (isOf(tile, stripe, owner)) {
            tiles[at++] = tile;
          }
        }
      }
    }
    return tiles;
  }

  private boolean isOf(int tile, int stripe, int owner) {
    int shard = tiling.shard(tile);
    return stripes[shard] == stripe && owners.rank(shard) == owner;
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
