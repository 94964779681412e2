package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;

/** Sums the shards that arrive, chunk by chunk, and pushes each reduced chunk to all peers. */
final class AllReducePushReceiver implements Receiver {
  private final OutputProgram program;
  private final Staging staging;
  private final BackPressure backPressure;
  private final GatheredSum sum;
  private final BlockReduces reduces;

  AllReducePushReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    staging = sender.staging();
    sum = new GatheredSum(program, staging.cut());
    reduces = new BlockReduces(program, sender, false, (rank, chunk) -> new ReduceSpec.Local());
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    DeviceMemory mine = sum.buffer().at(me);
    for (int chunk = 0; chunk < staging.blocks(); chunk++) {
      long bytes = reduces.rows(me, chunk) * program.rowBytes;
      if (bytes == 0) {
        continue;
      }
      long offset = sum.offset(me, chunk);
      reduces.enqueue(lane, chunk, mine, offset, program.stride);
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
