package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.RowPartition;

/**
 * Which rows of the product each owner sums, block by block. Either an owner's blocks are those of
 * its own shard, or blocks are striped: the b-th blocks of all owners lie one below the other and
 * are together one stripe of the product, so that a stripe can be computed, and its sum be copied,
 * as a whole. Both ways every owner has about as many rows, and a block is as long, and starts as
 * far into an owner's slot, as the cut says; only at the product's end blocks are shorter or empty.
 *
 * @param shards the product's rows divided among the owners
 * @param cut blocks of the owner who has most
 * @param slotRows rows of that owner, of whom striped blocks make no less than a shard's
 * @param striped whether blocks are striped
 */
record OwnedBlocks(RowPartition shards, RowBlocks cut, int slotRows, boolean striped) {
  static OwnedBlocks of(OutputProgram program, Sender sender) {
    Staging staging = sender.staging();
    return new OwnedBlocks(program.shards, staging.cut(), staging.slotRows(), sender.isStriped());
  }

  /** Blocks of an owner. */
  int count() {
    return cut.count();
  }

  /** Rows of an owner's block; 0 for one past the product's end. */
  int rows(int owner, int block) {
    if (!striped) {
      return cut.rows(shards.rows(owner), block);
    }
    return Math.min(fullRows(block), shards.rows() - firstRow(owner, block));
  }

  /** The first of them in the product; the number of its rows for a block past its end. */
  int firstRow(int owner, int block) {
    if (!striped) {
      return Math.min(shards.rows(), shards.start(owner) + cut.start(block));
    }
    long stripe = (long) cut.start(block) * shards.shards();
    return (int) Math.min(shards.rows(), stripe + (long) owner * fullRows(block));
  }

  /** Rows of a stripe. */
  int stripeRows(int block) {
    int last = shards.shards() - 1;
    return firstRow(last, block) + rows(last, block) - firstRow(0, block);
  }

  private int fullRows(int block) {
    return cut.rows(slotRows, block);
  }
}
