package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import org.jspecify.annotations.Nullable;

/**
 * The reductions of what arrives at each rank, one for each block of its shard, on the receive
 * stream.
 *
 * <p>The stream waits for a block before its reduction begins, rather than the reduction for its
 * gates. A reduction that waits on the device holds multiprocessors that the GEMM which it waits
 * for could use, and a persistent GEMM whose blocks do not all find room at once takes twice as
 * long. One that finds everything there may be as wide as the device: beside a GEMM its blocks run
 * on what that leaves free, and as soon as the GEMM ends on all of it.
 *
 * <p>One wait at a time, for the same reason: a GEMM that uses all of a multiprocessor's shared
 * memory has no room beside the one block of a wait either. Four streams that waited at once kept
 * clusters away on an H200, and a launch of 0.7 ms took 1.3.
 */
final class BlockReduces {
  private final OutputProgram program;
  private final Staging staging;
  private final OwnedBlocks blocks;

  /** By rank and block; null where a shard has no rows. */
  private final TileReduce.PreparedReduce[][] reduces;

  private final Target[][] arrived;

  /** Where the sum of a block goes. */
  interface Routes {
    ReduceSpec.Route of(int rank, int block);
  }

  BlockReduces(OutputProgram program, Sender sender, Routes routes) {
    this.program = program;
    staging = sender.staging();
    blocks = OwnedBlocks.of(program, sender);
    reduces = new TileReduce.PreparedReduce[program.ranks][staging.blocks()];
    arrived = new Target[program.ranks][staging.blocks()];
    for (Rank rank : program.context.ranks()) {
      int r = rank.index();
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
        staging.slotRows() * program.rowBytes,
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

  /** Enqueues a block's reduction, when it has rows; the target as for the route. */
  void enqueue(Lane lane, int block, @Nullable DeviceMemory output, long offset, int rowStride) {
    TileReduce.PreparedReduce reduce = reduces[lane.rank()][block];
    if (reduce == null) {
      return;
    }
    program
        .backend
        .signals()
        .awaitAll(
            lane.receive(),
            staging.arrived(),
            staging.word(0, block),
            program.ranks,
            lane.epoch(),
            arrived[lane.rank()][block]);
    reduce.launch(lane.receive(), output, offset, rowStride);
  }
}
