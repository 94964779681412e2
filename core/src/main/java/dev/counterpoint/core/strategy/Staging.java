package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;

/**
 * Where senders leave the shards of their products: at each owner one slot per source, and one
 * counter per source and block of rows that says up to which launch the block has arrived.
 *
 * @param buffer the slots; slot s of rank p takes source s's rows of shard p
 * @param arrived the counters; word {@code source · blocks + block} at the owner
 * @param blocks blocks of rows in a full shard
 * @param blockRows rows of a block
 */
record Staging(SymmetricBuffer buffer, SignalArray arrived, int blocks, int blockRows) {
  static Staging allocate(OutputProgram program, int blocks, int blockRows) {
    return new Staging(
        program.context.symmetric("staging", program.slotBytes * program.ranks),
        program.context.signals("arrived", Math.max(1, program.ranks * blocks)),
        blocks,
        blockRows);
  }

  int word(int source, int block) {
    return source * blocks + block;
  }

  /** Rows of a block of a shard that has {@code shardRows} rows; 0 for a block past its end. */
  int rows(int shardRows, int block) {
    long start = (long) block * blockRows;
    return (int) Math.max(0, Math.min(shardRows - start, blockRows));
  }
}
