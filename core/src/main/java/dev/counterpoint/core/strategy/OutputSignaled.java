package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One GEMM that packs its tiles by group and counts each group; the send stream waits for a group's
 * counter and runs the library's collective on that contiguous slice while the GEMM goes on; at the
 * end the packed result is put in order, or read in order by the norm that follows. After
 * FlashOverlap (EuroSys '26). Needs no peer access.
 *
 * <p>Safe when ranks drift: all buffers are local and the library itself keeps the ranks'
 * collectives in step.
 */
public final class OutputSignaled extends OutputProgram {
  private final Tiling tiling;
  private final PackedGroups map;
  private final long tileBytes;
  private final SignalArray computed;
  private final Target[] targets;
  private final PreparedGemm[] gemms;

  /** By rank; none where a norm reads the packed result. */
  private final TileReduce.@Nullable PreparedUnpack[] unpacks;

  private final @Nullable Normalization norm;
  private final DeviceMemory[] packed;
  private final DeviceMemory[] received;

  /** Prepares the program. */
  public OutputSignaled(PlanContext context) {
    super(context);
    // All-reduce does not care who owns a row; the others need each owner's tiles together.
    RowPartition partition = kind == Kind.ALL_REDUCE ? RowPartition.whole(problem.m()) : shards;
    tiling = context.tiling(backend.localRanks().get(0), partition, problem.n(), k(0));
    map =
        PackedGroups.of(
            tiling,
            Chunking.groups(context.spec(), tiling.tileRowsPerShard() * tiling.tileColCount()));
    tileBytes = (long) tiling.tileRows() * tiling.tileCols() * elementBytes;
    computed = context.signals("computed", Math.max(1, map.groups()));
    targets = new Target[map.groups()];
    for (int group = 0; group < targets.length; group++) {
      targets[group] = new Target(map.posted(tiling, group), 0);
    }
    norm = Normalization.packed(this, this::result);
    gemms = new PreparedGemm[ranks];
    unpacks = new TileReduce.PreparedUnpack[ranks];
    packed = new DeviceMemory[ranks];
    received = new DeviceMemory[ranks];
    for (Rank rank : context.ranks()) {
      prepare(rank.index());
    }
  }

  private NormSpec.Packing result(int rank) {
    return PackedResult.of(kind, tiling, map, shards, rank);
  }

  private void prepare(int rank) {
    Lane lane = context.lane(rank);
    long bytes = tiling.tiles() * tileBytes;
    packed[rank] = context.local(rank, bytes);
    received[rank] =
        switch (kind) {
          case REDUCE_SCATTER -> context.local(rank, bytes / ranks);
          case ALL_REDUCE -> packed[rank];
          case ALL_TO_ALL -> context.local(rank, bytes);
        };
    gemms[rank] =
        context.gemm(
            context
                .plainGemm("", rank, tiling, k(rank), epilogue(rank))
                .withHooks(
                    new TileOrder.Table(map.order()),
                    TileGate.NONE,
                    new TileRoute.Packed(map.slots()),
                    new TilePost.Counters(computed, map.words(), TilePost.At.SELF),
                    lane.epoch())
                .withReservedUnits(Chunking.reservedUnits(context)));
    if (norm == null) {
      NormSpec.Packing result = result(rank);
      unpacks[rank] = context.unpack(rank, result.tiling(), result.slots(), problem.outputType());
    }
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.begin();
    gemms[rank].launch(lane.main(), inputs(lane, operands).d(packed[rank], 0, tiling.tileCols()));
    for (int group = 0; group < map.groups(); group++) {
      backend.signals().await(lane.send(), computed, group, lane.epoch(), targets[group]);
      communicate(lane, rank, group);
    }
    lane.end();
    lane.main().label(context.label());
    finish(lane, operands);
    lane.main().label("");
  }

  private void finish(Lane lane, Operands operands) {
    DeviceMemory result = received[lane.rank()];
    if (norm != null) {
      norm.enqueue(lane, operands, result, tiling.tileCols());
      return;
    }
    Tensor output = operands.output();
    Objects.requireNonNull(unpacks[lane.rank()])
        .launch(lane.main(), result, 0, output.memory(), 0, output.rowStride());
  }

  private void communicate(Lane lane, int rank, int group) {
    Collectives collectives = backend.collectives();
    long offset = map.firstSlot(group) * tileBytes;
    long elements = (long) map.tilesOfShard(group) * tiling.tileRows() * tiling.tileCols();
    switch (kind) {
      case REDUCE_SCATTER ->
          collectives.reduceScatter(
              lane.send(),
              packed[rank],
              offset,
              received[rank],
              map.start(group) * tileBytes,
              elements,
              problem.outputType());
      case ALL_REDUCE ->
          collectives.allReduce(
              lane.send(),
              packed[rank],
              offset,
              packed[rank],
              offset,
              elements,
              problem.outputType());
      case ALL_TO_ALL ->
          collectives.allToAll(
              lane.send(),
              packed[rank],
              offset,
              received[rank],
              offset,
              elements,
              problem.outputType());
    }
  }

  @Override
  public String describe() {
    return "one GEMM of "
        + tiling.tileRows()
        + "×"
        + tiling.tileCols()
        + " tiles packed in "
        + map.groups()
        + " groups, a library collective each"
        + thenNorm();
  }
}
