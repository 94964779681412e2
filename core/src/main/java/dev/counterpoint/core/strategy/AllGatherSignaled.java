package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;

/**
 * One gated GEMM fed by the library: in step i every rank sends its rows to rank+i and receives
 * those of rank−i, chunk by chunk on the receive stream, and after each chunk a local signal opens
 * the gate of the tiles that read it. FlashOverlap's idea turned round for communication that comes
 * before the GEMM; it needs no peer access. Steps rather than one all-gather cut into chunks, since
 * of an all-gather's last chunk every shard's rows come last: steps leave one shard's.
 *
 * <p>Reuse of the gathered buffer is safe because the library writes into a rank's buffer only when
 * that rank's own stream has come to the call, which is after its previous GEMM.
 */
public final class AllGatherSignaled extends AllGatherProgram {
  private final RowPartition chunks;
  private final SignalArray arrived;
  private final PreparedGemm[] gemms;

  /** Prepares the program. */
  public AllGatherSignaled(PlanContext context) {
    super(context);
    int wanted = Chunking.byBytes(context, shards.rowsPerShard() * rowBytes);
    chunks =
        new RowPartition(
            shards.rowsPerShard(), Chunking.pieces(context.spec(), shards.rowsPerShard(), wanted));
    arrived = context.signals("arrived", ranks * chunks.shards());
    gemms = new PreparedGemm[ranks];
    for (Rank rank : context.ranks()) {
      gemms[rank.index()] = prepare(rank.index());
    }
  }

  private PreparedGemm prepare(int rank) {
    Lane lane = context.lane(rank);
    Tiling tiling = context.tiling(rank, shards, cols(rank), problem.k());
    return context.gemm(
        context
            .plainGemm("", rank, tiling, problem.k(), epilogue(problem.m()))
            .withHooks(
                arrivalOrder(rank),
                gate(rank, tiling),
                TileRoute.LOCAL,
                TilePost.NONE,
                lane.epoch())
            .withReservedUnits(Chunking.reservedUnits(context)));
  }

  /** Chunks of a source arrive in order, so a tile row waits for the last of its rows' only. */
  private TileGate gate(int rank, Tiling tiling) {
    int[] words = new int[tiling.tileRowCount()];
    int[] count = new int[tiling.tileRowCount()];
    for (int tileRow = 0; tileRow < tiling.tileRowCount(); tileRow++) {
      int source = tileRow / tiling.tileRowsPerShard();
      int rows = tiling.rowsOf(tileRow);
      if (source != rank && rows > 0) {
        int lastRow = tiling.firstRowOf(tileRow) + rows - 1 - shards.start(source);
        words[tileRow] = word(source, lastRow / chunks.rowsPerShard());
        count[tileRow] = 1;
      }
    }
    return new TileGate.Words(arrived, words, count, Target.THIS_LAUNCH);
  }

  private int word(int source, int chunk) {
    return source * chunks.shards() + chunk;
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.main().label(context.label());
    backend.signals().advance(lane.main(), lane.epoch());
    placeOwnShard(lane.main(), rank, operands.input());
    lane.fork();
    for (int step = 1; step < ranks; step++) {
      for (int chunk = 0; chunk < chunks.shards(); chunk++) {
        exchange(lane, step, chunk);
      }
    }
    gemms[rank].launch(lane.main(), gatheredRows(lane, 0, operands));
    if (operands.gathered() != null) {
      lane.mainAfterReceive(); // a rank without columns has no tile that has waited
      handBack(lane.main(), rank, operands);
    }
    lane.end();
  }

  /**
   * Short shards are sent with the rows that they lack, which lie in the buffer and are not read.
   */
  private void exchange(Lane lane, int step, int chunk) {
    int rank = lane.rank();
    int target = (rank + step) % ranks;
    int source = (rank - step + ranks) % ranks;
    DeviceMemory gathered = gatheredInput.at(rank);
    long shardBytes = offsetOfRow(shards.rowsPerShard());
    long offset = offsetOfRow(chunks.start(chunk));
    backend
        .collectives()
        .sendReceive(
            lane.receive(),
            target,
            gathered,
            rank * shardBytes + offset,
            source,
            gathered,
            source * shardBytes + offset,
            (long) chunks.rows(chunk) * stride,
            problem.inputType());
    backend.signals().set(lane.receive(), arrived, rank, word(source, chunk), lane.epoch());
  }

  @Override
  public String describe() {
    return "one gated GEMM, fed by " + (ranks - 1) + " × " + chunks.shards() + " library exchanges";
  }
}
