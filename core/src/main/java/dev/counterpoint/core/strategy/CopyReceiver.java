package dev.counterpoint.core.strategy;

import dev.counterpoint.Rank;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Target;

/** Copies the shards that arrive into the output, one source below the other, own shard first. */
final class CopyReceiver implements Receiver {
  private final OutputProgram program;
  private final Staging staging;
  private final BackPressure backPressure;

  /** By owner, source and block: what the counters have to reach. */
  private final Target[][] targets;

  CopyReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    staging = sender.staging();
    targets = new Target[program.ranks][program.ranks * staging.blocks()];
    for (Rank rank : program.context.ranks()) {
      int owner = rank.index();
      for (int source = 0; source < program.ranks; source++) {
        for (int block = 0; block < staging.blocks(); block++) {
          targets[owner][staging.word(source, block)] =
              new Target(sender.perEpoch(source, owner, block), 0);
        }
      }
    }
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    int me = lane.rank();
    DeviceMemory slots = staging.buffer().at(me);
    for (int step = 0; step < program.ranks; step++) {
      int source = (me - step + program.ranks) % program.ranks;
      int shardRows = program.rows(source, me);
      for (int block = 0; block < staging.blocks(); block++) {
        int rows = staging.rows(shardRows, block);
        if (rows > 0) {
          program
              .backend
              .signals()
              .await(
                  lane.receive(),
                  staging.arrived(),
                  staging.word(source, block),
                  lane.epoch(),
                  targets[me][staging.word(source, block)]);
          int rowInShard = staging.start(block);
          program.copyOut(
              lane.receive(),
              slots,
              source * program.slotBytes + rowInShard * program.rowBytes,
              operands.output(),
              program.firstReceived(source, me) + rowInShard,
              rows);
        }
      }
    }
    backPressure.release(lane.receive(), lane);
  }
}
