package dev.counterpoint.core.operator;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Scaling;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import org.jspecify.annotations.Nullable;

/** What a launch of one plan refuses of the factors that its operands come with. */
final class ScaleChecks {
  private final OperandChecks checks;
  private final boolean wanted;
  private final Shape[] inputs;
  private final Shape[] weights;
  private final Shape gathered;

  ScaleChecks(OperandChecks checks, OperatorSpec spec, int size) {
    this.checks = checks;
    wanted = spec.problem().scaling() == Scaling.BLOCKS;
    inputs = new Shape[size];
    weights = new Shape[size];
    for (int r = 0; r < size; r++) {
      inputs[r] = spec.inputScalesShape(r, size);
      weights[r] = spec.weightScalesShape(r, size);
    }
    gathered = new Shape(spec.problem().m(), Scaling.blocks(spec.problem().k()));
  }

  /** They are there exactly when the plan has blocks, and of the right shape. */
  void require(Rank rank, Tensor input, Tensor weight) {
    require("input.scales", input.scales(), rank, inputs[rank.index()]);
    require("weight.scales", weight.scales(), rank, weights[rank.index()]);
  }

  private void require(String name, @Nullable Tensor scales, Rank rank, Shape shape) {
    if (scales == null) {
      if (wanted) {
        throw new InvalidArgumentException(
            name, "absent", "be given: plan " + checks.label() + " was made with scales by block");
      }
      return;
    }
    if (!wanted) {
      throw new InvalidArgumentException(
          name, scales, "be absent: plan " + checks.label() + " was made without scales by block");
    }
    checks.require(name, scales, rank, DType.FP32, shape);
  }

  /** They do not overlap what is written. */
  void requireApart(Tensor input, Tensor weight, Tensor written) {
    Tensor ofInput = input.scales();
    if (ofInput != null) {
      OperandChecks.requireApart("input.scales", ofInput, written);
    }
    Tensor ofWeight = weight.scales();
    if (ofWeight != null) {
      OperandChecks.requireApart("weight.scales", ofWeight, written);
    }
  }

  /** Those of the gathered input, which need not be wanted, are written too. */
  void requireGathered(
      Rank rank, Tensor input, Tensor weight, @Nullable Tensor bias, Tensor output, Tensor copy) {
    requireApart(input, weight, copy);
    Tensor scales = copy.scales();
    if (scales == null) {
      return;
    }
    require("gathered.scales", scales, rank, gathered);
    requireApart(input, weight, scales);
    OperandChecks.requireApart("gathered.scales", scales, copy);
    OperandChecks.requireApart("gathered.scales", scales, output);
    OperandChecks.requireApart("gathered.scales", scales, input);
    OperandChecks.requireApart("gathered.scales", scales, weight);
    if (bias != null) {
      OperandChecks.requireApart("gathered.scales", scales, bias);
    }
  }
}
