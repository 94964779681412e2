package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The second half of a two-shot all-reduce: a symmetric buffer in which the owners' reduced blocks
 * come together on every rank, one below the other as in the output, and one word per block and
 * owner that says up to which launch the block is there.
 */
final class GatheredSum {
  private final OutputProgram program;
  private final OwnedBlocks blocks;
  private final SymmetricBuffer buffer;
  private final SignalArray ready;
  private final @Nullable Normalization norm;

  /** Whether the output is copied when all of it is there, which is two steps instead of many. */
  private final boolean atOnce;

  /** First word and number of each run of words that blocks with rows have. */
  private final List<int[]> runs = new ArrayList<>();

  GatheredSum(OutputProgram program, OwnedBlocks blocks) {
    this.program = program;
    this.blocks = blocks;
    norm = Normalization.inPlace(program);
    buffer = program.context.symmetric("sum", program.slotBytes * program.ranks);
    ready = program.context.signals("ready", program.ranks * blocks.count());
    atOnce = Chunking.isWide(program.context);
    for (int block = 0; block < blocks.count(); block++) {
      for (int owner = 0; owner < program.ranks; owner++) {
        if (blocks.rows(owner, block) > 0) {
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
    return block * program.ranks + owner;
  }

  /** Where an owner's block starts. */
  long offset(int owner, int block) {
    return blocks.firstRow(owner, block) * program.rowBytes;
  }

  /**
   * On the main stream: copies each block, of all owners, to the output when it is there, or
   * normalises all rows when all are.
   */
  void finish(Lane lane, Operands operands) {
    if (atOnce) {
      finishAtOnce(lane, operands);
      return;
    }
    for (int block = 0; block < blocks.count(); block++) {
      int owners = awaitOwners(lane, block);
      if (norm == null && blocks.striped()) {
        copyOut(lane, operands, 0, block, blocks.stripeRows(block));
      } else if (norm == null) {
        for (int owner = 0; owner < owners; owner++) {
          copyOut(lane, operands, owner, block, blocks.rows(owner, block));
        }
      }
    }
    normalize(lane, operands);
  }

  /** The same where blocks arrive owner by owner: the own ones first, then the previous rank's. */
  void finishAroundRing(Lane lane, Operands operands) {
    if (atOnce) {
      finishAtOnce(lane, operands);
      return;
    }
    for (int step = 0; step < program.ranks; step++) {
      int owner = (lane.rank() - step + program.ranks) % program.ranks;
      for (int block = 0; block < blocks.count(); block++) {
        if (blocks.rows(owner, block) > 0) {
          await(lane, word(owner, block), 1);
          if (norm == null) {
            copyOut(lane, operands, owner, block, blocks.rows(owner, block));
          }
        }
      }
    }
    normalize(lane, operands);
  }

  /** Waits for a block of everyone who has it, and returns how many that are: the first ranks. */
  private int awaitOwners(Lane lane, int block) {
    int owners = 0;
    while (owners < program.ranks && blocks.rows(owners, block) > 0) {
      owners++;
    }
    if (owners > 0) {
      await(lane, word(0, block), owners);
    }
    return owners;
  }

  private void await(Lane lane, int firstWord, int words) {
    program
        .backend
        .signals()
        .awaitAll(lane.main(), ready, firstWord, words, lane.epoch(), Target.THIS_LAUNCH);
  }

  private void finishAtOnce(Lane lane, Operands operands) {
    for (int i = 0; i < runs.size(); i++) {
      await(lane, runs.get(i)[0], runs.get(i)[1]);
    }
    if (norm == null) {
      DeviceMemory mine = buffer.at(lane.rank());
      program.copyOut(lane.main(), mine, 0, operands.output(), 0, program.problem.m());
    }
    normalize(lane, operands);
  }

  private void normalize(Lane lane, Operands operands) {
    if (norm != null) {
      norm.enqueue(lane, operands, buffer.at(lane.rank()), program.stride);
    }
  }

  private void copyOut(Lane lane, Operands operands, int owner, int block, int rows) {
    program.copyOut(
        lane.main(),
        buffer.at(lane.rank()),
        offset(owner, block),
        operands.output(),
        blocks.firstRow(owner, block),
        rows);
  }
}
