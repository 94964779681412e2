package dev.counterpoint.core.strategy;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.Rank;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The normalisation with which a launch ends where the specification asks for one. It reads the
 * plain result wherever the strategy has it, and writes the output: for most strategies in the
 * place of a copy, for the others in place.
 */
final class Normalization {
  private final RowNorm.PreparedNorm[] norms;
  private final NormArguments[] arguments;

  private Normalization(
      OutputProgram program, Norm norm, @Nullable IntFunction<NormSpec.Packing> packing) {
    PlanContext context = program.context;
    norms = new RowNorm.PreparedNorm[program.ranks];
    arguments = new NormArguments[program.ranks];
    String label = context.label() + "/norm";
    DType dtype = program.problem.outputType();
    for (Rank rank : context.ranks()) {
      int r = rank.index();
      int rows = context.spec().outputShape(r, program.ranks).rows();
      NormSpec.Packing packed = packing == null ? null : packing.apply(r);
      norms[r] =
          context.norm(new NormSpec(label, r, rows, program.problem.n(), dtype, norm, packed));
      arguments[r] = new NormArguments();
    }
  }

  /** Of rows one below the other; null where the program has no norm. */
  static @Nullable Normalization inPlace(OutputProgram program) {
    Norm norm = program.context.spec().norm();
    return norm == null ? null : new Normalization(program, norm, null);
  }

  /** Of tiles that lie packed at each rank; null where the program has no norm. */
  static @Nullable Normalization packed(
      OutputProgram program, IntFunction<NormSpec.Packing> packing) {
    Norm norm = program.context.spec().norm();
    return norm == null ? null : new Normalization(program, norm, packing);
  }

  /**
   * Enqueues one launch on the main stream.
   *
   * @param result the rows, or block 0 of packed tiles
   * @param stride elements from row to row, for rows one below the other
   */
  void enqueue(Lane lane, Operands operands, DeviceMemory result, int stride) {
    NormTensors tensors = operands.norm();
    Tensor output = operands.output();
    Tensor residual = tensors.residual();
    Tensor sum = tensors.sum();
    Tensor bias = tensors.bias();
    norms[lane.rank()].launch(
        lane.main(),
        arguments[lane.rank()]
            .input(result, 0, stride)
            .residual(
                residual == null ? null : residual.memory(),
                0,
                residual == null ? 0 : residual.rowStride())
            .sum(sum == null ? null : sum.memory(), 0, sum == null ? 0 : sum.rowStride())
            .weight(tensors.weight().memory())
            .bias(bias == null ? null : bias.memory())
            .output(output.memory(), 0, output.rowStride()));
  }
}
