package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The second half of a two-shot all-reduce: a symmetric buffer in which the owners' reduced shards
 * come together on every rank, and one word per owner and block that says up to which launch the
 * block is there.
 */
final class GatheredSum {
  private final OutputProgram program;
  private final RowBlocks cut;
  private final SymmetricBuffer buffer;
  private final SignalArray ready;
  private final @Nullable Normalization norm;

  /** Whether the output is copied when all of it is there, which is two steps instead of many. */
  private final boolean atOnce;

  /** First word and number of each run of words that blocks with rows have. */
  private final List<int[]> runs = new ArrayList<>();

  GatheredSum(OutputProgram program, RowBlocks cut) {
    this.program = program;
    this.cut = cut;
    norm = Normalization.inPlace(program);
    buffer = program.context.symmetric("sum", program.slotBytes * program.ranks);
    ready = program.context.signals("ready", program.ranks * cut.count());
    atOnce = Chunking.isWide(program.context);
    for (int owner = 0; owner < program.ranks; owner++) {
      for (int block = 0; block < cut.count(); block++) {
        if (cut.rows(program.shards.rows(owner), block) > 0) {
          addToRuns(word(owner, block));
        }
      }
    }
  }

  private void addToRuns(int word) {
    int[] last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
    if (last != null && last[0] + last[1] == word) {
      last[1]++;
    } else {
      runs.add(new int[] {word, 1});
    }
  }

  SymmetricBuffer buffer() {
    return buffer;
  }

  SignalArray ready() {
    return ready;
  }

  int word(int owner, int block) {
    return owner * cut.count() + block;
  }

  /** Where a block of an owner's shard starts. */
  long offset(int owner, int block) {
    return owner * program.slotBytes + (long) cut.start(block) * program.rowBytes;
  }

  /**
   * On the main stream: copies every block to the output as it arrives, own shard first, or
   * normalises all rows when all are there. Full shards lie one below the other, so that rows
   * follow each other across them.
   */
  void finish(Lane lane, Operands operands) {
    if (atOnce) {
      finishAtOnce(lane, operands);
      return;
    }
    for (int step = 0; step < program.ranks; step++) {
      int owner = (lane.rank() - step + program.ranks) % program.ranks;
      for (int block = 0; block < cut.count(); block++) {
        int rows = cut.rows(program.shards.rows(owner), block);
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

  private void finishAtOnce(Lane lane, Operands operands) {
    for (int i = 0; i < runs.size(); i++) {
      int[] run = runs.get(i);
      program
          .backend
          .signals()
          .awaitAll(lane.main(), ready, run[0], run[1], lane.epoch(), Target.THIS_LAUNCH);
    }
    DeviceMemory mine = buffer.at(lane.rank());
    if (norm == null) {
      program.copyOut(lane.main(), mine, 0, operands.output(), 0, program.problem.m());
    } else {
      norm.enqueue(lane, operands, mine, program.stride);
    }
  }

  private void copyOut(Lane lane, Operands operands, int owner, int block, int rows) {
    int row = program.shards.start(owner) + cut.start(block);
    program.copyOut(
        lane.main(), buffer.at(lane.rank()), offset(owner, block), operands.output(), row, rows);
  }
}
