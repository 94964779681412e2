package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import org.jspecify.annotations.Nullable;

/**
 * The reductions of what arrives at each rank, one for each block of its shard, on the receive
 * stream; on a wide device every second one on the send stream, if the sender leaves that idle, so
 * that the wait for a block does not begin only when the block before has been reduced.
 *
 * <p>The stream waits for a block before its reduction begins, rather than the reduction for its
 * gates. A reduction that waits on the device holds multiprocessors that the GEMM which it waits
 * for could use, and a persistent GEMM whose blocks do not all find room at once takes twice as
 * long. One that finds everything there may be as wide as the device: beside a GEMM its blocks run
 * on what that leaves free, and as soon as the GEMM ends on all of it.
 */
final class BlockReduces {
  private final OutputProgram program;
  private final Staging staging;

  /** By rank and block; null where a shard has no rows. */
  private final TileReduce.PreparedReduce[][] reduces;

  private final Target[][] arrived;

  /** By rank, where the send stream takes a part: its end. */
  private final @Nullable Event @Nullable [] sendDone;

  /** Where the sum of a block goes. */
  interface Routes {
    ReduceSpec.Route of(int rank, int block);
  }

  BlockReduces(OutputProgram program, Sender sender, Routes routes) {
    this.program = program;
    staging = sender.staging();
    reduces = new TileReduce.PreparedReduce[program.ranks][staging.blocks()];
    arrived = new Target[program.ranks][staging.blocks()];
    boolean onBoth =
        sender.leavesSendStream() && staging.blocks() > 1 && Chunking.isWide(program.context);
    sendDone = onBoth ? new Event[program.ranks] : null;
    for (Rank rank : program.context.ranks()) {
      int r = rank.index();
      if (sendDone != null) {
        sendDone[r] = program.context.own(rank.device().newEvent(false));
      }
      for (int block = 0; block < staging.blocks(); block++) {
        int rows = staging.rows(program.shards.rows(r), block);
        if (rows > 0) {
          reduces[r][block] = program.context.reduce(spec(r, block, rows, routes.of(r, block)));
          // All sources count alike: they share one tiling, or send a block at a time.
          arrived[r][block] = new Target(sender.perEpoch(0, r, block), 0);
        }
      }
    }
  }

  private ReduceSpec spec(int rank, int block, int rows, ReduceSpec.Route route) {
    long offset = staging.start(block) * program.rowBytes;
    return new ReduceSpec(
        program.context.label() + "/reduce",
        rank,
        rows,
        program.problem.n(),
        program.ranks,
        staging.buffer().at(rank).slice(offset, staging.buffer().bytes() - offset),
        program.slotBytes,
        program.stride,
        program.problem.outputType(),
        program.problem.outputType(),
        rows,
        null,
        route,
        program.context.lane(rank).epoch());
  }

  int blocks() {
    return staging.blocks();
  }

  /** First row of a block within its shard. */
  long start(int block) {
    return staging.start(block);
  }

  /** Rows of a block of a rank's shard. */
  int rows(int rank, int block) {
    return staging.rows(program.shards.rows(rank), block);
  }

  /** Enqueues a block's reduction, when it has rows; the target as for the route. */
  void enqueue(Lane lane, int block, @Nullable DeviceMemory output, long offset, int rowStride) {
    TileReduce.PreparedReduce reduce = reduces[lane.rank()][block];
    if (reduce == null) {
      return;
    }
    Stream stream = sendDone != null && block % 2 == 1 ? lane.send() : lane.receive();
    program
        .backend
        .signals()
        .awaitAll(
            stream,
            staging.arrived(),
            staging.word(0, block),
            program.ranks,
            lane.epoch(),
            arrived[lane.rank()][block]);
    reduce.launch(stream, output, offset, rowStride);
  }

  /** Makes the receive stream continue when all reductions so far are done. */
  void join(Lane lane) {
    Event done = sendDone == null ? null : sendDone[lane.rank()];
    if (done != null) {
      lane.receiveAfterSend(done);
    }
  }
}
