package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
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
import java.util.Arrays;

/**
 * One gated GEMM fed by the library: every rank's rows are gathered chunk by chunk on the receive
 * stream, each chunk to its final place, and after each a local signal opens the gate of the tiles
 * that read it. FlashOverlap's idea turned round for communication that comes before the GEMM; it
 * needs no peer access.
 *
 * <p>Reuse of the gathered buffer is safe because the library writes into a rank's buffer only when
 * that rank's own stream has come to the collective, which is after its previous GEMM.
 */
public final class AllGatherSignaled extends AllGatherProgram {
  private final RowPartition chunks;
  private final SignalArray arrived;
  private final PreparedGemm[] gemms;

  /** Prepares the program. */
  public AllGatherSignaled(PlanContext context) {
    super(context);
    int wanted = Chunking.groups(context.spec(), Math.max(1, shards.rowsPerShard()));
    chunks = new RowPartition(shards.rowsPerShard(), wanted);
    arrived = context.signals("arrived", chunks.shards());
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
                new TileOrder.Table(order(rank, tiling)),
                gate(rank, tiling),
                TileRoute.LOCAL,
                TilePost.NONE,
                lane.epoch())
            .withReservedUnits(Chunking.reservedUnits(context)));
  }

  /** Chunk of a shard's row that arrives last among the rows of a tile row. */
  private int lastChunk(Tiling tiling, int tileRow) {
    int source = tileRow / tiling.tileRowsPerShard();
    int lastRow = tiling.firstRowOf(tileRow) + Math.max(1, tiling.rowsOf(tileRow)) - 1;
    return Math.min(chunks.shards() - 1, (lastRow - shards.start(source)) / chunks.rowsPerShard());
  }

  /** Chunks arrive in order on every rank, so a tile row waits for the last of its rows' only. */
  private TileGate gate(int rank, Tiling tiling) {
    int[] words = new int[tiling.tileRowCount()];
    int[] count = new int[tiling.tileRowCount()];
    for (int tileRow = 0; tileRow < tiling.tileRowCount(); tileRow++) {
      if (tileRow / tiling.tileRowsPerShard() != rank && tiling.rowsOf(tileRow) > 0) {
        words[tileRow] = lastChunk(tiling, tileRow);
        count[tileRow] = 1;
      }
    }
    return new TileGate.Words(arrived, words, count, Target.THIS_LAUNCH);
  }

  /** Own rows first, then all other shards' tile rows by the chunk that completes them. */
  private int[] order(int rank, Tiling tiling) {
    Integer[] tileRows = new Integer[tiling.tileRowCount()];
    Arrays.setAll(tileRows, row -> row);
    Arrays.sort(
        tileRows,
        (a, b) -> Integer.compare(arrivalOf(rank, tiling, a), arrivalOf(rank, tiling, b)));
    int[] tiles = new int[tiling.tiles()];
    int at = 0;
    for (int tileRow : tileRows) {
      for (int col = 0; col < tiling.tileColCount(); col++) {
        tiles[at++] = tileRow * tiling.tileColCount() + col;
      }
    }
    return tiles;
  }

  private int arrivalOf(int rank, Tiling tiling, int tileRow) {
    return tileRow / tiling.tileRowsPerShard() == rank ? -1 : lastChunk(tiling, tileRow);
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.main().label(context.label());
    backend.signals().advance(lane.main(), lane.epoch());
    placeOwnShard(lane.main(), rank, operands.input());
    lane.fork();
    DeviceMemory gathered = gatheredInput.at(rank);
    long shardBytes = offsetOfRow(shards.rowsPerShard());
    for (int chunk = 0; chunk < chunks.shards(); chunk++) {
      long offset = offsetOfRow(chunks.start(chunk));
      backend
          .collectives()
          .allGather(
              lane.receive(),
              gathered,
              rank * shardBytes + offset,
              gathered,
              offset,
              shardBytes,
              (long) chunks.rows(chunk) * stride,
              problem.inputType());
      backend.signals().set(lane.receive(), arrived, rank, chunk, lane.epoch());
    }
    gemms[rank].launch(lane.main(), gatheredRows(lane, 0, operands));
    if (operands.gathered() != null) {
      // A rank without columns has no tile that has waited.
      backend
          .signals()
          .await(lane.main(), arrived, chunks.shards() - 1, lane.epoch(), Target.THIS_LAUNCH);
      handBack(lane.main(), rank, operands);
    }
    lane.end();
  }

  @Override
  public String describe() {
    return "one gated GEMM, fed by " + chunks.shards() + " library all-gathers, a chunk each";
  }
}
