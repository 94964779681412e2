package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Scaling;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Random operands of one operator on all ranks, shared by all plans that are compared. */
final class TunerOperands implements AutoCloseable {
  private record OfRank(
      Tensor input,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor output,
      @Nullable NormTensors norm) {}

  private final List<OfRank> ranks;

  TunerOperands(World world, OperatorSpec spec) {
    ranks = new ArrayList<>(Collections.nCopies(world.size(), null));
    GemmProblem p = spec.problem();
    world.onEachRank(
        rank -> {
          int r = rank.index();
          int n = world.size();
          Tensor bias = p.bias() ? random(rank, p.outputType(), 1, spec.biasLength(r, n)) : null;
          ranks.set(
              r,
              new OfRank(
                  operand(rank, p, spec.inputShape(r, n), spec.inputScalesShape(r, n)),
                  operand(rank, p, spec.weightShape(r, n), spec.weightScalesShape(r, n)),
                  bias,
                  rank.allocate(p.outputType(), spec.outputShape(r, n)),
                  norm(spec, rank)));
        });
  }

  private static Tensor operand(Rank rank, GemmProblem p, Shape shape, Shape scales) {
    Tensor tensor = random(rank, p.inputType(), shape.rows(), shape.cols());
    return p.scaling() == Scaling.BLOCKS
        ? tensor.withScales(random(rank, DType.FP32, scales.rows(), scales.cols()))
        : tensor;
  }

  private static Tensor random(Rank rank, DType dtype, int rows, int cols) {
    Tensor tensor = rank.allocate(dtype, rows, cols);
    new RandomData(dtype).fill(rank, tensor.memory());
    return tensor;
  }

  private static @Nullable NormTensors norm(OperatorSpec spec, Rank rank) {
    Norm norm = spec.norm();
    if (norm == null) {
      return null;
    }
    DType out = spec.problem().outputType();
    Shape rows = spec.outputShape(rank.index(), rank.world().size());
    return new NormTensors(
        random(rank, out, 1, spec.problem().n()),
        norm.bias() ? random(rank, out, 1, spec.problem().n()) : null,
        norm.residual() ? random(rank, out, rows.rows(), rows.cols()) : null,
        norm.sum() ? rank.allocate(out, rows) : null);
  }

  void launch(OperatorPlan plan, Rank rank) {
    OfRank tensors = ranks.get(rank.index());
    if (tensors.norm() != null && plan instanceof NormalizingPlan normalizing) {
      normalizing.launch(
          rank,
          tensors.input(),
          tensors.weight(),
          tensors.bias(),
          tensors.output(),
          tensors.norm());
      return;
    }
    if (tensors.bias() == null) {
      plan.launch(rank, tensors.input(), tensors.weight(), tensors.output());
    } else {
      plan.launch(rank, tensors.input(), tensors.weight(), tensors.bias(), tensors.output());
    }
  }

  private static void close(Tensor operand) {
    Tensor scales = operand.scales();
    if (scales != null) {
      scales.close();
    }
    operand.close();
  }

  @Override
  public void close() {
    for (OfRank rank : ranks) {
      NormTensors norm = rank.norm();
      if (norm != null) {
        Stream.of(norm.sum(), norm.residual(), norm.bias(), norm.weight())
            .filter(Objects::nonNull)
            .forEach(Tensor::close);
      }
      rank.output().close();
      if (rank.bias() != null) {
        rank.bias().close();
      }
      close(rank.weight());
      close(rank.input());
    }
  }
}
