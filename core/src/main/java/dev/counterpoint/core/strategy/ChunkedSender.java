package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Transport;
import java.util.HashMap;
import java.util.Map;

/**
 * Sends by chunks: a plain GEMM for each chunk of each shard, the next rank's shard first and the
 * own one last, and a copy to the owner, with a signal, while the next chunk is computed.
 */
final class ChunkedSender implements Sender {
  private final OutputProgram program;
  private final BackPressure backPressure;
  private final Staging staging;
  private final DeviceMemory[] outgoing;
  private final Event[] computed;
  private final PreparedGemm[][] gemms;

  ChunkedSender(OutputProgram program, BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    PlanContext context = program.context;
    int chunks =
        Chunking.perShard(
            context.spec(),
            program.longest,
            Chunking.atLeast(leastChunks(program.kind), program.slotBytes));
    staging = Staging.allocate(program, RowBlocks.tapered(program.longest, chunks));
    outgoing = new DeviceMemory[program.ranks];
    computed = new Event[program.ranks];
    gemms = new PreparedGemm[program.ranks][];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      outgoing[r] = context.local(r, program.slotBytes * program.ranks);
      computed[r] = context.own(rank.device().newEvent(false));
      gemms[r] = prepare(r);
    }
  }

  /** What comes after the last chunk is exposed: for an all-reduce a second transfer. */
  private static int leastChunks(OutputProgram.Kind kind) {
    return kind == OutputProgram.Kind.ALL_REDUCE ? 4 : 2;
  }

  /** Chunks with the same rows share a GEMM; those of the own shard differ by their epilogue. */
  private PreparedGemm[] prepare(int rank) {
    Map<Integer, PreparedGemm> plain = new HashMap<>();
    Map<Integer, PreparedGemm> withAddend = new HashMap<>();
    PreparedGemm[] table = new PreparedGemm[program.ranks * staging.blocks()];
    for (int owner = 0; owner < program.ranks; owner++) {
      boolean addend = program.kind == OutputProgram.Kind.ALL_TO_ALL || owner == rank;
      for (int chunk = 0; chunk < staging.blocks(); chunk++) {
        int rows = staging.rows(program.rows(rank, owner), chunk);
        if (rows > 0) {
          table[staging.word(owner, chunk)] =
              (addend ? withAddend : plain).computeIfAbsent(rows, size -> gemm(rank, size, addend));
        }
      }
    }
    return table;
  }

  private PreparedGemm gemm(int rank, int rows, boolean addend) {
    PlanContext context = program.context;
    int k = program.k(rank);
    Epilogue epilogue = context.epilogue(0, addend ? rows : 0);
    return context.gemm(
        context.plainGemm(
            "chunk",
            rank,
            context.tiling(rank, RowPartition.whole(rows), program.problem.n(), k),
            k,
            epilogue));
  }

  @Override
  public Staging staging() {
    return staging;
  }

  @Override
  public long perEpoch(int source, int owner, int block) {
    return 1;
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    for (int chunk = 0; chunk < staging.blocks(); chunk++) {
      for (int step = 1; step <= program.ranks; step++) {
        int owner = (me + step) % program.ranks;
        PreparedGemm gemm = gemms[me][staging.word(owner, chunk)];
        if (gemm != null) {
          compute(lane, operands, gemm, owner, chunk);
          send(lane, owner, chunk);
        }
      }
    }
  }

  private void compute(Lane lane, Operands operands, PreparedGemm gemm, int owner, int chunk) {
    int me = lane.rank();
    int row = program.firstRow(me, owner) + staging.start(chunk);
    Tensor input = operands.input();
    GemmArguments arguments = program.inputs(lane, operands);
    arguments.a(
        input.memory(), (long) row * input.rowStride() * input.dtype().bytes(), input.rowStride());
    if (owner == me) {
      chunkOfAddend(arguments, operands, chunk);
      arguments.d(staging.buffer().at(me), offset(me, chunk), program.stride);
    } else {
      arguments.d(outgoing[me], offset(owner, chunk), program.stride);
    }
    gemm.launch(lane.main(), arguments);
  }

  /** The window's first row of C is the chunk's. */
  private void chunkOfAddend(GemmArguments arguments, Operands operands, int chunk) {
    if (program.kind != OutputProgram.Kind.ALL_TO_ALL) {
      long pitch = (long) operands.output().rowStride() * program.elementBytes;
      arguments.c(
          arguments.c(),
          arguments.cOffset() + (long) staging.start(chunk) * pitch,
          operands.output().rowStride());
    }
  }

  private void send(Lane lane, int owner, int chunk) {
    int me = lane.rank();
    if (owner == me) {
      program
          .backend
          .signals()
          .set(lane.main(), staging.arrived(), me, staging.word(me, chunk), lane.epoch());
      return;
    }
    if (chunk == 0) {
      backPressure.awaitPeer(lane.send(), lane, owner);
    }
    lane.sendAfterMain(computed[me]);
    long bytes = staging.rows(program.rows(me, owner), chunk) * program.rowBytes;
    program
        .backend
        .transfers()
        .putSignal(
            lane.send(),
            outgoing[me],
            offset(owner, chunk),
            staging.buffer().at(owner),
            offset(me, chunk),
            bytes,
            Transport.COPY_ENGINE,
            staging.arrived(),
            staging.word(me, chunk),
            lane.epoch());
  }

  private long offset(int slot, int chunk) {
    return slot * program.slotBytes + (long) staging.start(chunk) * program.rowBytes;
  }

  @Override
  public String describe() {
    return program.ranks
        + " shards × "
        + staging.blocks()
        + " chunks, one "
        + program.context.plainEngine()
        + " GEMM each, pushed by copy engine";
  }
}
