package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;

/**
 * Sends by chunks: a plain GEMM for each chunk of each shard, the next rank's shard first and the
 * own one last, and a copy to the owner, with a signal, while the next chunk is computed.
 */
final class ChunkedSender implements Sender {
  private final OutputProgram program;
  private final BackPressure backPressure;
  private final boolean ownerByOwner;
  private final Staging staging;
  private final ShardGemms gemms;
  private final DeviceMemory[] outgoing;
  private final Event[] computed;

  /**
   * Prepares the sender.
   *
   * @param ownerByOwner whether an owner's chunks follow each other, rather than the first chunks
   *     of all owners
   */
  ChunkedSender(OutputProgram program, BackPressure backPressure, boolean ownerByOwner) {
    this.program = program;
    this.backPressure = backPressure;
    this.ownerByOwner = ownerByOwner;
    PlanContext context = program.context;
    RowBlocks cut = cut(program);
    staging = Staging.allocate(program, cut);
    gemms = new ShardGemms(program, cut);
    outgoing = new DeviceMemory[program.ranks];
    computed = new Event[program.ranks];
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      outgoing[r] = context.local(r, program.slotBytes * program.ranks);
      computed[r] = context.own(rank.device().newEvent(false));
    }
  }

  /** The chunks that the caller wants, or enough of them to have something to overlap. */
  static RowBlocks cut(OutputProgram program) {
    PlanContext context = program.context;
    int enough = Chunking.atLeast(context, leastChunks(program.kind), program.slotBytes);
    int automatic = Chunking.thatFillDevice(context, program.longest, enough);
    return RowBlocks.tapered(
        program.longest, Chunking.pieces(context.spec(), program.longest, automatic));
  }

  /** What comes after the last chunk is exposed: for an all-reduce a second transfer. */
  private static int leastChunks(OutputProgram.Kind kind) {
    return kind == OutputProgram.Kind.ALL_REDUCE ? 4 : 2;
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
    int chunks = staging.blocks();
    for (int turn = 0; turn < chunks * program.ranks; turn++) {
      int chunk = ownerByOwner ? turn % chunks : turn / program.ranks;
      int step = 1 + (ownerByOwner ? turn / chunks : turn % program.ranks);
      int owner = (lane.rank() + step) % program.ranks;
      if (gemms.rows(lane.rank(), owner, chunk) > 0) {
        compute(lane, operands, owner, chunk);
        send(lane, owner, chunk);
      }
    }
  }

  private void compute(Lane lane, Operands operands, int owner, int chunk) {
    int me = lane.rank();
    DeviceMemory target = owner == me ? staging.buffer().at(me) : outgoing[me];
    gemms.launch(lane, operands, owner, chunk, target, offset(owner, chunk));
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
            program.context.pushTransport(),
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
        + " GEMM each, pushed "
        + program.context.pushedBy()
        + (ownerByOwner ? ", one owner after the other" : "");
  }
}
