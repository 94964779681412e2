package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;

/**
 * One GEMM over all of A whose tiles wait for the rows that they read, own rows first and then in
 * the order of arrival, while the send stream pushes this rank's rows to its peers. After Flux
 * (arXiv 2406.06858) and Triton-distributed.
 *
 * <p>Safe when ranks drift: a push into a peer's buffer waits for that peer's consumed word of the
 * previous launch, which the peer raises after its GEMM (and hand-back) of that launch.
 */
public final class AllGatherFused extends AllGatherProgram {
  private final ShardPush push;
  private final PreparedGemm[] gemms;
  private String tiles = "";

  /** Prepares the program. */
  public AllGatherFused(PlanContext context) {
    super(context);
    push =
        new ShardPush(
            this,
            Chunking.pieces(
                context.spec(),
                shards.rowsPerShard(),
                Chunking.byBytes(context, shards.rowsPerShard() * rowBytes)));
    gemms = new PreparedGemm[ranks];
    for (Rank rank : context.ranks()) {
      gemms[rank.index()] = prepare(rank.index());
    }
  }

  private PreparedGemm prepare(int rank) {
    Lane lane = context.lane(rank);
    Tiling tiling = context.tiling(rank, shards, cols(rank), problem.k());
    tiles = tiling.tileRows() + "×" + tiling.tileCols();
    return context.gemm(
        context
            .plainGemm("", rank, tiling, problem.k(), epilogue(problem.m()))
            .withHooks(
                arrivalOrder(rank),
                gate(rank, tiling),
                TileRoute.LOCAL,
                TilePost.NONE,
                lane.epoch()));
  }

  private TileGate gate(int rank, Tiling tiling) {
    int[] first = new int[tiling.tileRowCount()];
    int[] count = new int[tiling.tileRowCount()];
    for (int tileRow = 0; tileRow < tiling.tileRowCount(); tileRow++) {
      int source = tileRow / tiling.tileRowsPerShard();
      int rows = tiling.rowsOf(tileRow);
      if (source == rank || rows <= 0) {
        continue;
      }
      int inShard = tiling.firstRowOf(tileRow) - shards.start(source);
      int firstChunk = push.chunkOfRow(inShard);
      first[tileRow] = push.word(source, firstChunk);
      count[tileRow] = push.chunkOfRow(inShard + rows - 1) - firstChunk + 1;
    }
    return new TileGate.Words(push.arrived(), first, count, Target.THIS_LAUNCH);
  }

  @Override
  public void enqueue(int rank, Operands operands) {
    Lane lane = context.lane(rank);
    lane.begin();
    push.enqueue(lane, operands);
    placeOwnShard(lane.main(), rank, operands.input());
    gemms[rank].launch(lane.main(), gatheredRows(lane, 0, operands));
    if (operands.gathered() != null) {
      push.awaitEverything(lane.main(), lane); // a rank without columns has no tile that has waited
      handBack(lane.main(), rank, operands);
    }
    push.release(lane);
    lane.end();
  }

  @Override
  public String describe() {
    return "one gated GEMM of "
        + tiles
        + " tiles, shards pushed in "
        + push.chunksPerShard()
        + " chunks "
        + context.pushedBy();
  }
}
