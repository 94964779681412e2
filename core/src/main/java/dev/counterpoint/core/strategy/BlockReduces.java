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
 * The reductions of what arrives at each rank, one for each block of its shard: on the receive
 * stream, or on a wide device each on a stream of its own, so that no wait begins only when the
 * block before has been reduced.
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
  private final OwnedBlocks blocks;

  /** By rank and block; null where a shard has no rows. */
  private final TileReduce.PreparedReduce[][] reduces;

  private final Target[][] arrived;

  /** By rank; empty where all reductions are on the receive stream. */
  private final Apart[] apart;

  /** Where the sum of a block goes. */
  interface Routes {
    ReduceSpec.Route of(int rank, int block);
  }

  /** The streams of all blocks but the first, and the points where they leave and come back. */
  private record Apart(Stream[] streams, Event begins, Event[] ends) {
    static Apart of(PlanContext context, Rank rank, int count) {
      Stream[] streams = new Stream[count];
      Event[] ends = new Event[count];
      for (int i = 0; i < count; i++) {
        streams[i] = context.own(rank.device().newStream("reduce " + (i + 1), 1));
        ends[i] = context.own(rank.device().newEvent(false));
      }
      return new Apart(streams, context.own(rank.device().newEvent(false)), ends);
    }
  }

  /**
   * Prepares the reductions.
   *
   * @param mayBeApart whether the caller does nothing of its own between them on the receive stream
   */
  BlockReduces(OutputProgram program, Sender sender, boolean mayBeApart, Routes routes) {
    this.program = program;
    staging = sender.staging();
    blocks = OwnedBlocks.of(program, sender);
    reduces = new TileReduce.PreparedReduce[program.ranks][staging.blocks()];
    arrived = new Target[program.ranks][staging.blocks()];
    boolean isApart = mayBeApart && staging.blocks() > 1 && Chunking.isWide(program.context);
    apart = new Apart[isApart ? program.ranks : 0];
    for (Rank rank : program.context.ranks()) {
      int r = rank.index();
      if (isApart) {
        apart[r] = Apart.of(program.context, rank, staging.blocks() - 1);
      }
      for (int block = 0; block < staging.blocks(); block++) {
        int rows = blocks.rows(r, block);
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

  /** Rows of a rank's block. */
  int rows(int rank, int block) {
    return blocks.rows(rank, block);
  }

  /** Before the first block: lets the streams of the others continue from the receive stream. */
  void begin(Lane lane) {
    if (apart.length > 0) {
      Apart mine = apart[lane.rank()];
      lane.receive().record(mine.begins);
      for (int i = 0; i < mine.streams.length; i++) {
        mine.streams[i].label(program.context.label());
        mine.streams[i].await(mine.begins);
      }
    }
  }

  /** After the last block: the receive stream continues when all are reduced. */
  void end(Lane lane) {
    if (apart.length > 0) {
      Apart mine = apart[lane.rank()];
      for (int i = 0; i < mine.streams.length; i++) {
        mine.streams[i].record(mine.ends[i]);
        lane.receive().await(mine.ends[i]);
      }
    }
  }

  /** Enqueues a block's reduction, when it has rows; the target as for the route. */
  void enqueue(Lane lane, int block, @Nullable DeviceMemory output, long offset, int rowStride) {
    TileReduce.PreparedReduce reduce = reduces[lane.rank()][block];
    if (reduce == null) {
      return;
    }
    Stream stream =
        apart.length == 0 || block == 0 ? lane.receive() : apart[lane.rank()].streams[block - 1];
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
}
