package dev.counterpoint.core.strategy;

import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.Tuning;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * {@link OutputSignaled} for an all-reduce whose tiles span all columns. Groups of tiles are then
 * groups of rows, which lie contiguous where they belong: nothing has to be packed, and the library
 * sums each group in place, in the output itself where its rows have no gaps.
 *
 * <p>Safe when ranks drift for the same reason: all buffers are local, and the library keeps the
 * ranks' collectives in step.
 */
final class RowsSignaled extends OutputProgram {
  /** So low a tile can be that groups of every size are made of them. */
  private static final int TILE_ROWS = 48;

  private final Tiling tiling;
  private final PackedGroups map;
  private final SignalArray computed;
  private final Target[] targets;
  private final PreparedGemm[] gemms;

  /** By rank: the product where it cannot lie in the output. */
  private final DeviceMemory[] products;

  private final @Nullable Normalization norm;

  private RowsSignaled(PlanContext context, Tiling tiling) {
    super(context);
    this.tiling = tiling;
    List<Integer> sizes = context.spec().tuning().groups();
    int wanted = Chunking.routedStripes(context.spec().tuning(), tiling.tileRowCount());
    map = PackedGroups.of(tiling, sizes.isEmpty() ? RowBlocks.stripeSizes(wanted) : sizes, wanted);
    computed = context.signals("computed", Math.max(1, map.groups()));
    targets = new Target[map.groups()];
    for (int group = 0; group < targets.length; group++) {
      targets[group] = new Target(map.posted(tiling, group), 0);
    }
    norm = Normalization.inPlace(this);
    gemms = new PreparedGemm[ranks];
    products = new DeviceMemory[ranks];
    for (Rank rank : context.ranks()) {
      prepare(rank.index());
    }
  }

  /** This program where it can be, the one that packs tiles for everything else. */
  static Program orPacked(PlanContext context) {
    if (context.spec() instanceof GemmAllReduceSpec && !Chunking.isWide(context)) {
      Tiling tiling = tiling(context);
      if (tiling.tileColCount() <= 1) {
        return new RowsSignaled(context, tiling);
      }
    }
    return new OutputSignaled(context);
  }

  /** Low tiles, as wide as the output if there are such. */
  private static Tiling tiling(PlanContext context) {
    Tuning tuning = context.spec().tuning();
    int cols = context.problem().n();
    int ranks = context.size();
    return context.tiling(
        context.backend().localRanks().get(0),
        RowPartition.whole(context.problem().m()),
        cols,
        context.spec().localWeight(0, ranks).cols(),
        tuning.tileRows() == 0 ? TILE_ROWS : tuning.tileRows(),
        tuning.tileCols() == 0 ? cols : tuning.tileCols());
  }

  private void prepare(int rank) {
    Lane lane = context.lane(rank);
    products[rank] = context.local(rank, problem.m() * rowBytes);
    int[] order = IntStream.range(0, tiling.tiles()).toArray();
    gemms[rank] =
        context.gemm(
            context
                .plainGemm("", rank, tiling, k(rank), epilogue(rank))
                .withHooks(
                    new TileOrder.Table(order),
                    TileGate.NONE,
                    TileRoute.LOCAL,
                    new TilePost.Counters(computed, map.words(), TilePost.At.SELF),
                    lane.epoch())
                .withReservedUnits(Chunking.reservedUnits(context)));
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    Tensor output = operands.output();
    boolean direct = norm == null && output.rowStride() == problem.n() && stride == problem.n();
    DeviceMemory result = direct ? output.memory() : products[rank];
    lane.begin();
    gemms[rank].launch(lane.main(), inputs(lane, operands).d(result, 0, stride));
    for (int group = 0; group < map.groups(); group++) {
      backend.signals().await(lane.send(), computed, group, lane.epoch(), targets[group]);
      sum(lane, result, group);
    }
    lane.end();
    lane.main().label(context.label());
    if (norm != null) {
      norm.enqueue(lane, operands, result, stride);
    } else if (!direct) {
      copyOut(lane.main(), result, 0, output, 0, problem.m());
    }
    lane.main().label("");
  }

  private void sum(Lane lane, DeviceMemory result, int group) {
    int first = Math.min(problem.m(), map.start(group) * tiling.tileRows());
    int end = Math.min(problem.m(), map.start(group + 1) * tiling.tileRows());
    long offset = first * rowBytes;
    backend
        .collectives()
        .allReduce(
            lane.send(),
            result,
            offset,
            result,
            offset,
            (long) (end - first) * stride,
            problem.outputType());
  }

  @Override
  public String describe() {
    return "one GEMM of "
        + tiling.tileRows()
        + "×"
        + tiling.tileCols()
        + " tiles in "
        + map.groups()
        + " groups of rows, each summed in place by a library collective"
        + thenNorm();
  }
}
