package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.ReduceSpec;

/**
 * Sums the shards that arrive and stores each reduced block to every rank from the reduction
 * itself.
 *
 * <p>It need not wait until the peers have read the sum of the launch before: a block is reduced
 * when tiles of it have come from every peer, whose GEMM follows that reading on its main stream.
 */
final class AllReduceReceiver implements Receiver {
  private final OutputProgram program;
  private final BackPressure backPressure;
  private final GatheredSum sum;
  private final BlockReduces reduces;

  AllReduceReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    sum = new GatheredSum(program, OwnedBlocks.of(program, sender));
    reduces = new BlockReduces(program, sender, this::everywhere);
  }

  private ReduceSpec.Route everywhere(int rank, int block) {
    return new ReduceSpec.Everywhere(
        sum.buffer(),
        sum.offset(rank, block),
        program.stride,
        sum.ready(),
        new int[] {sum.word(rank, block)},
        null);
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    for (int block = 0; block < reduces.blocks(); block++) {
      reduces.enqueue(lane, block, null, 0, 0);
    }
    sum.finish(lane, operands);
    // One word covers staging and sum: both have been read once the main stream is here and the
    // receive stream has joined.
    lane.mainAfterReceive();
    backPressure.release(lane.main(), lane);
  }
}
