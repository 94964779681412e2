package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import org.jspecify.annotations.Nullable;

/**
 * Sums the shards that arrive, chunk by chunk, and pushes each reduced chunk to all peers. It need
 * not ask whether a peer has read the previous launch's sum: what it reduces has come from every
 * peer, which sent it after that.
 */
final class AllReducePushReceiver implements Receiver {
  private final OutputProgram program;
  private final Staging staging;
  private final @Nullable BackPressure backPressure;
  private final GatheredSum sum;
  private final BlockReduces reduces;

  /**
   * Prepares the receiver.
   *
   * @param backPressure for senders that wait until their slots have been read; else null
   */
  AllReducePushReceiver(OutputProgram program, Sender sender, @Nullable BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    staging = sender.staging();
    sum = new GatheredSum(program, OwnedBlocks.of(program, sender));
    reduces = new BlockReduces(program, sender, (rank, chunk) -> new ReduceSpec.Local());
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
    if (backPressure != null) {
      backPressure.release(lane.main(), lane);
    }
  }
}
