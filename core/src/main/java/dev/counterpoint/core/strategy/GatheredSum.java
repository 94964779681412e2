package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import org.jspecify.annotations.Nullable;

/**
 * The second half of a two-shot all-reduce: a symmetric buffer in which the owners' reduced shards
 * come together on every rank, and one word per owner and block that says up to which launch the
 * block is there.
 */
final class GatheredSum {
  private final OutputProgram program;
  private final Staging staging;
  private final SymmetricBuffer buffer;
  private final SignalArray ready;
  private final @Nullable Normalization norm;

  GatheredSum(OutputProgram program, Staging staging) {
    this.program = program;
    this.staging = staging;
    norm = Normalization.inPlace(program);
    buffer = program.context.symmetric("sum", program.slotBytes * program.ranks);
    ready = program.context.signals("ready", program.ranks * staging.blocks());
  }

  SymmetricBuffer buffer() {
    return buffer;
  }

  SignalArray ready() {
    return ready;
  }

  int word(int owner, int block) {
    return owner * staging.blocks() + block;
  }

  /** Where a block of an owner's shard starts. */
  long offset(int owner, int block) {
    return owner * program.slotBytes + (long) staging.start(block) * program.rowBytes;
  }

  /**
   * On the main stream: copies every block to the output as it arrives, own shard first, or
   * normalises all rows when all are there. Full shards lie one below the other, so that rows
   * follow each other across them.
   */
  void finish(Lane lane, Operands operands) {
    for (int step = 0; step < program.ranks; step++) {
      int owner = (lane.rank() - step + program.ranks) % program.ranks;
      for (int block = 0; block < staging.blocks(); block++) {
        int rows = staging.rows(program.shards.rows(owner), block);
        if (rows > 0) {
          program
              .backend
              .signals()
              .await(lane.main(), ready, word(owner, block), lane.epoch(), Target.THIS_LAUNCH);
          if (norm == null) {
            copyOut(lane, operands, owner, block, rows);
          }
        }
      }
    }
    if (norm != null) {
      norm.enqueue(lane, operands, buffer.at(lane.rank()), program.stride);
    }
  }

  private void copyOut(Lane lane, Operands operands, int owner, int block, int rows) {
    int row = program.shards.start(owner) + staging.start(block);
    program.copyOut(
        lane.main(), buffer.at(lane.rank()), offset(owner, block), operands.output(), row, rows);
  }
}
