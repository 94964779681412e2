package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/** A planned operator that can normalise the rows of its result; see {@link Norm}. */
public interface NormalizingPlan extends OperatorPlan {
  /**
   * Enqueues one execution of a plan with a norm; the other forms of launch are refused then.
   *
   * @param rank a local rank of the plan's world
   * @param input of {@link OperatorSpec#inputShape}
   * @param weight of {@link OperatorSpec#weightShape}
   * @param bias of the product, present exactly when the problem has one
   * @param output of {@link OperatorSpec#outputShape}: the normalised rows
   * @param norm the operands of the norm
   */
  void launch(
      Rank rank,
      Tensor input,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor output,
      NormTensors norm);
}
