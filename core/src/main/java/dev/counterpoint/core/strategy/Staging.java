package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;

/**
 * Where senders leave the shards of their products: at each owner one slot per source, and one
 * counter per block of rows and source that says up to which launch the block has arrived.
 *
 * @param buffer the slots; slot s of rank p takes source s's rows of shard p
 * @param arrived the counters; word {@code block · ranks + source} at the owner, so that one wait
 *     covers a block of all sources
 * @param ranks number of sources
 * @param cut the blocks of a shard
 * @param slotRows rows of a slot
 */
record Staging(
    SymmetricBuffer buffer, SignalArray arrived, int ranks, RowBlocks cut, int slotRows) {
  /** With slots as long as the longest shard. */
  static Staging allocate(OutputProgram program, RowBlocks cut) {
    return allocate(program, cut, program.longest);
  }

  static Staging allocate(OutputProgram program, RowBlocks cut, int slotRows) {
    return new Staging(
        program.context.symmetric("staging", slotRows * program.rowBytes * program.ranks),
        program.context.signals("arrived", program.ranks * cut.count()),
        program.ranks,
        cut,
        slotRows);
  }

  /** Blocks of rows in a full shard. */
  int blocks() {
    return cut.count();
  }

  /** First row of a block within its shard. */
  int start(int block) {
    return cut.start(block);
  }

  int word(int source, int block) {
    return block * ranks + source;
  }

  /** Rows of a block of a shard that has {@code shardRows} rows; 0 for a block past its end. */
  int rows(int shardRows, int block) {
    return cut.rows(shardRows, block);
  }
}
