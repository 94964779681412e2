package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;

/**
 * One gated GEMM fed by the library: each rank's rows are broadcast in turn on the receive stream,
 * and after each broadcast a local signal opens the gate of the tiles that read them.
 * FlashOverlap's idea turned round for communication that comes before the GEMM; it needs no peer
 * access.
 *
 * <p>Reuse of the gathered buffer is safe because the library writes into a rank's buffer only when
 * that rank's own stream has come to the broadcast, which is after its previous GEMM.
 */
public final class AllGatherSignaled extends AllGatherProgram {
  private final SignalArray arrived;
  private final PreparedGemm[] gemms;

  /** Prepares the program. */
  public AllGatherSignaled(PlanContext context) {
    super(context);
    arrived = context.signals("arrived", ranks);
    gemms = new PreparedGemm[ranks];
    for (Rank rank : context.ranks()) {
      gemms[rank.index()] = prepare(rank.index());
    }
  }

  private PreparedGemm prepare(int rank) {
    Lane lane = context.lane(rank);
    Tiling tiling = context.tiling(rank, shards, cols(rank), problem.k());
    int[] first = new int[tiling.tileRowCount()];
    int[] count = new int[tiling.tileRowCount()];
    for (int tileRow = 0; tileRow < tiling.tileRowCount(); tileRow++) {
      int source = tileRow / tiling.tileRowsPerShard();
      first[tileRow] = source;
      count[tileRow] = source == rank ? 0 : 1;
    }
    return context.gemm(
        context
            .plainGemm("", rank, tiling, problem.k(), epilogue(problem.m()))
            .withHooks(
                order(rank),
                new TileGate.Words(arrived, first, count, Target.THIS_LAUNCH),
                TileRoute.LOCAL,
                TilePost.NONE,
                lane.epoch())
            .withReservedUnits(Chunking.reservedUnits(context)));
  }

  /** Own shard, then the others in the order of the broadcasts, which is the same on all ranks. */
  private TileOrder order(int rank) {
    int[] sources = new int[ranks];
    sources[0] = rank;
    for (int source = 0, at = 1; source < ranks; source++) {
      if (source != rank) {
        sources[at++] = source;
      }
    }
    return new TileOrder.Shards(sources);
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.main().label(context.label());
    backend.signals().advance(lane.main(), lane.epoch());
    placeOwnShard(lane.main(), rank, operands.input());
    lane.fork();
    DeviceMemory gathered = gatheredInput.at(rank);
    for (int source = 0; source < ranks; source++) {
      int rows = shards.rows(source);
      if (rows > 0) {
        long offset = offsetOfRow(shards.start(source));
        backend
            .collectives()
            .broadcast(
                lane.receive(),
                source,
                gathered,
                offset,
                gathered,
                offset,
                (long) rows * stride,
                problem.inputType());
        backend.signals().set(lane.receive(), arrived, rank, source, lane.epoch());
      }
    }
    gemms[rank].launch(lane.main(), gatheredRows(lane, 0, operands));
    handBackAfterArrival(lane, operands);
    lane.end();
  }

  /** A rank without columns has no tile that waits, so the copy waits for the broadcasts itself. */
  private void handBackAfterArrival(Lane lane, Operands operands) {
    if (operands.gathered() != null) {
      for (int source = 0; source < ranks; source++) {
        if (source != lane.rank() && shards.rows(source) > 0) {
          backend.signals().await(lane.main(), arrived, source, lane.epoch(), Target.THIS_LAUNCH);
        }
      }
      handBack(lane.main(), lane.rank(), operands);
    }
  }

  @Override
  public String describe() {
    return "one gated GEMM, fed by " + ranks + " library broadcasts";
  }
}
