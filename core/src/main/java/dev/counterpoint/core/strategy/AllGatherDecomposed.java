package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import java.util.HashMap;
import java.util.Map;

/**
 * One plain GEMM per shard (or chunk of it), own rows first and then in the order of arrival, while
 * the send stream pushes this rank's rows to its peers. After TransformerEngine's ring-exchange
 * overlap and PyTorch's asynchronous tensor parallelism.
 *
 * <p>Safe when ranks drift: a push into a peer's buffer waits for that peer's consumed word of the
 * previous launch, which the peer raises after its last GEMM (and hand-back) of that launch.
 */
public final class AllGatherDecomposed extends AllGatherProgram {
  private final BackPressure backPressure;
  private final ShardPush push;

  /** By rank, and by number of rows: chunks of equal size share one prepared GEMM. */
  private final PreparedGemm[][] gemmByRows;

  /** Prepares the program. */
  public AllGatherDecomposed(PlanContext context) {
    super(context);
    backPressure = new BackPressure(context);
    push =
        new ShardPush(
            this, backPressure, Chunking.perShard(context.spec(), shards.rowsPerShard(), 1));
    gemmByRows = new PreparedGemm[ranks][];
    for (Rank rank : context.ranks()) {
      gemmByRows[rank.index()] = prepare(rank.index());
    }
  }

  private PreparedGemm[] prepare(int rank) {
    context.lane(rank);
    Map<Integer, PreparedGemm> bySize = new HashMap<>();
    PreparedGemm[] table = new PreparedGemm[ranks * push.chunksPerShard()];
    for (int source = 0; source < ranks; source++) {
      for (int chunk = 0; chunk < push.chunksPerShard(); chunk++) {
        int rows = push.rows(shards.rows(source), chunk);
        if (rows > 0) {
          table[push.word(source, chunk)] = bySize.computeIfAbsent(rows, size -> gemm(rank, size));
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
    push.enqueue(lane, operands);
    if (operands.gathered() != null) {
      placeOwnShard(lane.main(), rank, operands.input());
    }
    for (int step = 0; step < ranks; step++) {
      int source = (rank - step + ranks) % ranks; // in the order in which the rotated pushes arrive
      for (int chunk = 0; chunk < push.chunksPerShard(); chunk++) {
        PreparedGemm gemm = gemmByRows[rank][push.word(source, chunk)];
        if (gemm == null) {
          continue;
        }
        if (step == 0) {
          gemm.launch(lane.main(), ownRows(lane, push.firstRow(chunk), operands));
        } else {
          push.await(lane.main(), lane, source, chunk);
          gemm.launch(
              lane.main(),
              gatheredRows(lane, shards.start(source) + push.firstRow(chunk), operands));
        }
      }
    }
    handBack(lane.main(), rank, operands);
    backPressure.release(lane.main(), lane);
    lane.end();
  }

  @Override
  public String describe() {
    return ranks
        + " shards × "
        + push.chunksPerShard()
        + " chunks, one "
        + context.plainEngine()
        + " GEMM each, pushed by copy engine";
  }
}
