package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import java.util.HashMap;
import java.util.Map;

/**
 * One plain GEMM per shard (or chunk of it), own rows first and then in the order of arrival, while
 * the send stream brings rows to the peers: to all of them, as PyTorch's asynchronous tensor
 * parallelism does, or around a ring, as TransformerEngine's ring exchange does.
 *
 * <p>Safe when ranks drift: a transfer into a peer's buffer waits for that peer's consumed word of
 * the previous launch, which the peer raises after its last GEMM (and hand-back, and sending on) of
 * that launch.
 */
public final class AllGatherDecomposed extends AllGatherProgram {
  private final ShardExchange exchange;

  /** By rank, and by number of rows: chunks of equal size share one prepared GEMM. */
  private final PreparedGemm[][] gemmByRows;

  private AllGatherDecomposed(PlanContext context, boolean ring) {
    super(context);
    int chunks = Chunking.pieces(context.spec(), shards.rowsPerShard(), 1);
    exchange = ring ? new ShardRing(this, chunks) : new ShardPush(this, chunks);
    gemmByRows = new PreparedGemm[ranks][];
    for (Rank rank : context.ranks()) {
      gemmByRows[rank.index()] = prepare(rank.index());
    }
  }

  /** Every rank sends to all its peers. */
  public static AllGatherDecomposed pushed(PlanContext context) {
    return new AllGatherDecomposed(context, false);
  }

  /** Every rank sends to the next alone, and sends on what it receives. */
  public static AllGatherDecomposed ring(PlanContext context) {
    return new AllGatherDecomposed(context, true);
  }

  private PreparedGemm[] prepare(int rank) {
    context.lane(rank);
    Map<Integer, PreparedGemm> bySize = new HashMap<>();
    PreparedGemm[] table = new PreparedGemm[ranks * exchange.chunksPerShard()];
    for (int source = 0; source < ranks; source++) {
      for (int chunk = 0; chunk < exchange.chunksPerShard(); chunk++) {
        int rows = exchange.rows(shards.rows(source), chunk);
        if (rows > 0) {
          table[exchange.word(source, chunk)] =
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

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.begin();
    exchange.enqueue(lane, operands);
    if (operands.gathered() != null) {
      placeOwnShard(lane.main(), rank, operands.input());
    }
    for (int step = 0; step < ranks; step++) {
      int source = (rank - step + ranks) % ranks; // in the order of arrival
      for (int chunk = 0; chunk < exchange.chunksPerShard(); chunk++) {
        PreparedGemm gemm = gemmByRows[rank][exchange.word(source, chunk)];
        if (gemm == null) {
          continue;
        }
        if (step == 0) {
          gemm.launch(lane.main(), ownRows(lane, exchange.firstRow(chunk), operands));
        } else {
          exchange.await(lane.main(), lane, source, chunk);
          gemm.launch(
              lane.main(),
              gatheredRows(lane, shards.start(source) + exchange.firstRow(chunk), operands));
        }
      }
    }
    handBack(lane.main(), rank, operands);
    exchange.release(lane);
    lane.end();
  }

  @Override
  public String describe() {
    return ranks
        + " shards × "
        + exchange.chunksPerShard()
        + " chunks, one "
        + context.plainEngine()
        + " GEMM each, "
        + exchange.describe();
  }
}
