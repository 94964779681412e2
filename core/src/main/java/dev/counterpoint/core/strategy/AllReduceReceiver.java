package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileReduce;

/**
 * Sums the shards that arrive and stores each reduced block to every rank from the reduction
 * itself.
 */
final class AllReduceReceiver implements Receiver {
  private final BackPressure backPressure;
  private final GatheredSum sum;
  private final TileReduce.PreparedReduce[] reduces;

  AllReduceReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.backPressure = backPressure;
    Staging staging = sender.staging();
    sum = new GatheredSum(program, staging.cut());
    reduces = new TileReduce.PreparedReduce[program.ranks];
    for (Rank rank : program.context.ranks()) {
      int r = rank.index();
      int rows = program.shards.rows(r);
      int unit = staging.cut().unit();
      int[] words = new int[(rows + unit - 1) / unit];
      for (int block = 0; block < words.length; block++) {
        words[block] = sum.word(r, staging.cut().ofUnit(block));
      }
      ReduceSpec.Route everywhere =
          new ReduceSpec.Everywhere(
              sum.buffer(),
              sum.offset(r, 0),
              program.stride,
              sum.ready(),
              words,
              backPressure.clearance());
      reduces[r] =
          program.context.reduce(ReduceReceiver.spec(program, sender, r, 0, rows, everywhere));
    }
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    reduces[lane.rank()].launch(lane.receive(), null, 0, 0);
    sum.finish(lane, operands);
    // One word covers staging and sum: both have been read once the main stream is here and the
    // receive stream has joined.
    lane.mainAfterReceive();
    backPressure.release(lane.main(), lane);
  }
}
