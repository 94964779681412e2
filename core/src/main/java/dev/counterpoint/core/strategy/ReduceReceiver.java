package dev.counterpoint.core.strategy;

import dev.counterpoint.Tensor;
import dev.counterpoint.spi.ReduceSpec;
import org.jspecify.annotations.Nullable;

/**
 * Sums the shards that arrive into the output, block by block, in the order of the ranks, and
 * normalises them there if that is wanted.
 */
final class ReduceReceiver implements Receiver {
  private final OutputProgram program;
  private final BackPressure backPressure;
  private final BlockReduces reduces;
  private final @Nullable Normalization norm;

  ReduceReceiver(OutputProgram program, Sender sender, BackPressure backPressure) {
    this.program = program;
    this.backPressure = backPressure;
    norm = Normalization.inPlace(program);
    reduces = new BlockReduces(program, sender, (rank, block) -> new ReduceSpec.Local());
  }

  @Override
  public void enqueue(Lane lane, Operands operands) {
    Tensor output = operands.output();
    long pitch = (long) output.rowStride() * program.elementBytes;
    for (int block = 0; block < reduces.blocks(); block++) {
      reduces.enqueue(
          lane, block, output.memory(), reduces.start(block) * pitch, output.rowStride());
    }
    backPressure.release(lane.receive(), lane);
    if (norm != null) {
      lane.mainAfterReceive();
      norm.enqueue(lane, operands, output.memory(), output.rowStride());
    }
  }
}
