package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileReduce;
import org.jspecify.annotations.Nullable;

/**
 * Sums the shards that arrive into the output, block by block, in the order of the ranks, and
 * normalises them there if that is wanted.
 */
final class ReduceReceiver implements Receiver {
  private final BackPressure backPressure;
  private final TileReduce.PreparedReduce[] reduces;
  private final @Nullable Normalization norm;

  ReduceReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.backPressure = backPressure;
    norm = Normalization.inPlace(program);
    reduces = new TileReduce.PreparedReduce[program.ranks];
    for (Rank rank : program.context.ranks()) {
      reduces[rank.index()] =
          program.context.reduce(
              spec(
                  program,
                  sender,
                  rank.index(),
                  0,
                  program.shards.rows(rank.index()),
                  new ReduceSpec.Local()));
    }
  }

  /** The reduction of rows of a rank's shard from the start of a block on. */
  static ReduceSpec spec(
      OutputProgram program,
      Sender sender,
      int rank,
      int firstBlock,
      int rows,
      ReduceSpec.Route route) {
    Staging staging = sender.staging();
    RowBlocks cut = staging.cut();
    int blocks = (rows + cut.unit() - 1) / cut.unit();
    int firstUnit = cut.start(firstBlock) / cut.unit();
    int[] words = new int[blocks * program.ranks];
    long[] perEpoch = new long[words.length];
    for (int unit = 0; unit < blocks; unit++) {
      int block = cut.ofUnit(firstUnit + unit);
      for (int source = 0; source < program.ranks; source++) {
        words[unit * program.ranks + source] = staging.word(source, block);
        perEpoch[unit * program.ranks + source] = sender.perEpoch(source, rank, block);
      }
    }
    long offset = (long) cut.start(firstBlock) * program.rowBytes;
    long bytes = staging.buffer().bytes() - offset;
    return new ReduceSpec(
        program.context.label() + "/reduce",
        rank,
        rows,
        program.problem.n(),
        program.ranks,
        staging.buffer().at(rank).slice(offset, bytes),
        program.slotBytes,
        program.stride,
        program.problem.outputType(),
        program.problem.outputType(),
        cut.unit(),
        new ReduceSpec.Gate(staging.arrived(), words, perEpoch),
        route,
        program.context.lane(rank).epoch());
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    reduces[lane.rank()].launch(
        lane.receive(), operands.output().memory(), 0, operands.output().rowStride());
    backPressure.release(lane.receive(), lane);
    if (norm != null) {
      lane.mainAfterReceive();
      norm.enqueue(lane, operands, operands.output().memory(), operands.output().rowStride());
    }
  }
}
