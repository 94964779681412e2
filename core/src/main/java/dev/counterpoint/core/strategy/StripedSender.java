package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import java.util.HashMap;
import java.util.Map;

/**
 * Sends by stripes, for an all-reduce, which does not care who sums which rows: a plain GEMM for
 * each stripe of rows of the product, of which every rank owns a part, and a copy of each part to
 * its owner, with a signal, while the next stripe is computed. The own part travels like the
 * others, within the rank.
 *
 * <p>Compared with a GEMM for each block of each shard ({@link ChunkedSender}) there are as many
 * times fewer GEMMs as there are ranks, with as many times more rows: what a GEMM does once, such
 * as bringing the weight into its own order, is done less often.
 */
final class StripedSender implements Sender {
  private final OutputProgram program;
  private final Staging staging;
  private final OwnedBlocks blocks;

  /** By rank and stripe; null where a stripe has no rows. */
  private final PreparedGemm[][] gemms;

  private final DeviceMemory[] outgoing;
  private final Event[] computed;

  StripedSender(OutputProgram program) {
    this.program = program;
    PlanContext context = program.context;
    staging = Staging.allocate(program, cut(program));
    blocks = OwnedBlocks.of(program, this);
    gemms = new PreparedGemm[program.ranks][staging.blocks()];
    outgoing = new DeviceMemory[program.ranks];
    computed = new Event[program.ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      prepare(r);
      outgoing[r] = context.local(r, program.slotBytes * program.ranks);
      computed[r] = context.own(rank.device().newEvent(false));
    }
  }

  /**
   * The stripes that the caller wants, or enough of them to have something to overlap: the link is
   * idle until the first one is computed, and after the last one two transfers are exposed.
   */
  private static RowBlocks cut(OutputProgram program) {
    PlanContext context = program.context;
    int automatic = Chunking.stripes(context, program.problem.m());
    int stripes = Chunking.pieces(context.spec(), program.longest, automatic);
    return RowBlocks.striped(program.longest, stripes, program.ranks, Chunking.isWide(context));
  }

  /** Stripes with the same rows and the same window of the epilogue share a GEMM. */
  private void prepare(int rank) {
    Map<RowRange, PreparedGemm> prepared = new HashMap<>();
    for (int stripe = 0; stripe < staging.blocks(); stripe++) {
      int rows = blocks.stripeRows(stripe);
      if (rows > 0) {
        int first = blocks.firstRow(rank, stripe) - blocks.firstRow(0, stripe);
        RowRange window = new RowRange(rows, first, blocks.rows(rank, stripe));
        gemms[rank][stripe] = prepared.computeIfAbsent(window, wanted -> gemm(rank, wanted));
      }
    }
  }

  /** So many rows, and which of them the own part is. */
  private record RowRange(int rows, int first, int count) {}

  private PreparedGemm gemm(int rank, RowRange range) {
    PlanContext context = program.context;
    int k = program.k(rank);
    RowPartition whole = RowPartition.whole(range.rows());
    Epilogue epilogue = context.epilogue(range.first(), range.count());
    return context.gemm(
        context.plainGemm(
            "chunk", rank, context.tiling(rank, whole, program.problem.n(), k), k, epilogue));
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
    return 1;
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    for (int stripe = 0; stripe < staging.blocks(); stripe++) {
      if (gemms[lane.rank()][stripe] != null) {
        compute(lane, operands, stripe);
        send(lane, stripe);
      }
    }
  }

  private void compute(Lane lane, Operands operands, int stripe) {
    int me = lane.rank();
    Tensor output = operands.output();
    int row = blocks.firstRow(0, stripe);
    long outputPitch = (long) output.rowStride() * program.elementBytes;
    long window = blocks.firstRow(me, stripe) * outputPitch;
    GemmArguments arguments =
        program
            .inputs(lane, operands)
            .c(output.memory(), Math.min(window, output.memory().bytes()), output.rowStride())
            .d(outgoing[me], row * program.rowBytes, program.stride);
    gemms[me][stripe].launch(lane.main(), Operands.rowsOfInput(arguments, operands.input(), row));
  }

  /** The next rank's part first and the own one last. */
  private void send(Lane lane, int stripe) {
    int me = lane.rank();
    lane.sendAfterMain(computed[me]);
    for (int step = 1; step <= program.ranks; step++) {
      int owner = (me + step) % program.ranks;
      int rows = blocks.rows(owner, stripe);
      if (rows > 0) {
        program
            .backend
            .transfers()
            .putSignal(
                lane.send(),
                outgoing[me],
                blocks.firstRow(owner, stripe) * program.rowBytes,
                staging.buffer().at(owner),
                me * program.slotBytes + staging.start(stripe) * program.rowBytes,
                rows * program.rowBytes,
                program.context.pushTransport(),
                staging.arrived(),
                staging.word(me, stripe),
                lane.epoch());
      }
    }
  }

  @Override
  public String describe() {
    return staging.blocks()
        + " stripes, one "
        + program.context.plainEngine()
        + " GEMM each, parts pushed "
        + program.context.pushedBy();
  }
}
