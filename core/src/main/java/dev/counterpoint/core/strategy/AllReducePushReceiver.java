package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileReduce;

/** Sums the shards that arrive, chunk by chunk, and pushes each reduced chunk to all peers. */
final class AllReducePushReceiver implements Receiver {
  private final OutputProgram program;
  private final Staging staging;
  private final BackPressure backPressure;
  private final GatheredSum sum;

  /** By rank and chunk. */
  private final TileReduce.PreparedReduce[][] reduces;

  AllReducePushReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    staging = sender.staging();
    sum = new GatheredSum(program, staging.cut());
    reduces = new TileReduce.PreparedReduce[program.ranks][];
    for (Rank rank : program.context.ranks()) {
      int r = rank.index();
      reduces[r] = new TileReduce.PreparedReduce[staging.blocks()];
      for (int chunk = 0; chunk < staging.blocks(); chunk++) {
        int rows = staging.rows(program.shards.rows(r), chunk);
        if (rows > 0) {
          reduces[r][chunk] =
              program.context.reduce(
                  ReduceReceiver.spec(program, sender, r, chunk, rows, new ReduceSpec.Local()));
        }
      }
    }
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    DeviceMemory mine = sum.buffer().at(me);
    for (int chunk = 0; chunk < staging.blocks(); chunk++) {
      TileReduce.PreparedReduce reduce = reduces[me][chunk];
      if (reduce == null) {
        continue;
      }
      long offset = sum.offset(me, chunk);
      long bytes = reduce.spec().rows() * program.rowBytes;
      reduce.launch(lane.receive(), mine, offset, program.stride);
      program
          .backend
          .signals()
          .set(lane.receive(), sum.ready(), me, sum.word(me, chunk), lane.epoch());
      for (int step = 1; step < program.ranks; step++) {
        int peer = (me + step) % program.ranks;
        if (chunk == 0) {
          backPressure.awaitPeer(lane.receive(), lane, peer);
        }
        program
            .backend
            .transfers()
            .putSignal(
                lane.receive(),
                mine,
                offset,
                sum.buffer().at(peer),
                offset,
                bytes,
                program.context.pushTransport(),
                sum.ready(),
                sum.word(me, chunk),
                lane.epoch());
      }
    }
    sum.finish(lane, operands);
    lane.mainAfterReceive();
    backPressure.release(lane.main(), lane);
  }
}
