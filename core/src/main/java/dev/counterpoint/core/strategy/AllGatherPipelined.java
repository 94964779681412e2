package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Transport;
import java.util.HashMap;
import java.util.Map;

/**
 * The library's all-gather in a few chunks, each with some rows of every shard, on a second stream,
 * and plain GEMMs for the rows of a chunk when it is there, own rows before anything else. The
 * counterpart of {@link OutputPipelined} for communication that comes first. Needs no peer access.
 *
 * <p>Reuse of the gathered buffer is safe because the library writes into a rank's buffer only when
 * that rank's own stream has come to the call, which is after its previous launch.
 */
public final class AllGatherPipelined extends AllGatherProgram {
  private final RowPartition chunks;

  /** By rank, and by source and chunk; chunks of equal size share one. */
  private final PreparedGemm[][] gemms;

  /** Prepares the program. */
  public AllGatherPipelined(PlanContext context) {
    super(context);
    int automatic = Chunking.atLeast(context, 2, shards.rowsPerShard() * rowBytes);
    chunks =
        new RowPartition(
            shards.rowsPerShard(),
            Chunking.pieces(context.spec(), shards.rowsPerShard(), automatic));
    gemms = new PreparedGemm[ranks][];
    for (Rank rank : context.ranks()) {
      context.lane(rank.index());
      gemms[rank.index()] = prepare(rank.index());
    }
  }

  private PreparedGemm[] prepare(int rank) {
    Map<Integer, PreparedGemm> bySize = new HashMap<>();
    PreparedGemm[] table = new PreparedGemm[ranks * chunks.shards()];
    for (int source = 0; source < ranks; source++) {
      for (int chunk = 0; chunk < chunks.shards(); chunk++) {
        int rows = rows(source, chunk);
        if (rows > 0) {
          table[source * chunks.shards() + chunk] =
              bySize.computeIfAbsent(rows, size -> gemm(rank, size));
        }
      }
    }
    return table;
  }

  private PreparedGemm gemm(int rank, int rows) {
    int k = problem.k();
    return context.gemm(
        context.plainGemm(
            "chunk",
            rank,
            context.tiling(rank, RowPartition.whole(rows), cols(rank), k),
            k,
            epilogue(rows)));
  }

  /** Rows of a chunk that a source really has. */
  private int rows(int source, int chunk) {
    return Math.max(
        0, Math.min(chunks.start(chunk + 1), shards.rows(source)) - chunks.start(chunk));
  }

  /** First row of a source's part of a chunk in the gathered buffer, which lies by chunks here. */
  private int gatheredRow(int source, int chunk) {
    return chunks.start(chunk) * ranks + source * chunks.rows(chunk);
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.main().label(context.label());
    lane.fork();
    for (int chunk = 0; chunk < chunks.shards(); chunk++) {
      compute(lane, operands, rank, chunk);
    }
    for (int chunk = 0; chunk < chunks.shards(); chunk++) {
      gather(lane, operands.input(), chunk);
      lane.mainAfterReceive();
      for (int step = 1; step < ranks; step++) {
        compute(lane, operands, (rank - step + ranks) % ranks, chunk);
      }
    }
    if (operands.gathered() != null) {
      handBackChunks(lane, operands.gathered());
    }
    lane.end();
  }

  private void compute(Lane lane, Operands operands, int source, int chunk) {
    PreparedGemm gemm = gemms[lane.rank()][source * chunks.shards() + chunk];
    if (gemm == null) {
      return;
    }
    GemmArguments arguments = ownRows(lane, chunks.start(chunk), operands);
    if (source != lane.rank()) {
      arguments =
          gatheredRows(
              lane,
              gatheredRow(source, chunk),
              shards.start(source) + chunks.start(chunk),
              operands);
    }
    gemm.launch(lane.main(), arguments);
  }

  /**
   * Short shards are sent with the rows that they lack, which lie in the buffer and are not read.
   */
  private void gather(Lane lane, Tensor input, int chunk) {
    int rank = lane.rank();
    int first = chunks.start(chunk);
    DeviceMemory gathered = gatheredInput.at(rank);
    long count = (long) chunks.rows(chunk) * stride;
    long base = offsetOfRow(gatheredRow(0, chunk));
    long own = offsetOfRow(gatheredRow(rank, chunk));
    boolean direct =
        isPacked(input)
            && input.rows() == shards.rowsPerShard()
            && input.rowStride() == problem.k();
    if (!direct && rows(rank, chunk) > 0) {
      copyRows(
          lane.receive(),
          input,
          first,
          rows(rank, chunk),
          gathered,
          gatheredRow(rank, chunk),
          Transport.AUTO);
    }
    DeviceMemory source = direct ? input.memory() : gathered;
    backend
        .collectives()
        .allGather(
            lane.receive(),
            source,
            direct ? offsetOfRow(first) : own,
            gathered,
            base,
            count,
            problem.inputType());
  }

  private void handBackChunks(Lane lane, Tensor gathered) {
    for (int source = 0; source < ranks; source++) {
      for (int chunk = 0; chunk < chunks.shards(); chunk++) {
        int rows = rows(source, chunk);
        if (rows > 0) {
          handBack(
              lane.main(),
              lane.rank(),
              gatheredRow(source, chunk),
              gathered,
              shards.start(source) + chunks.start(chunk),
              rows);
        }
      }
    }
  }

  @Override
  public String describe() {
    return chunks.shards()
        + " library all-gathers, and for each one "
        + context.plainEngine()
        + " GEMM per shard";
  }
}
