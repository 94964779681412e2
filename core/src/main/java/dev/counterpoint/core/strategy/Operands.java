package dev.counterpoint.core.strategy;

import dev.counterpoint.NormTensors;
import dev.counterpoint.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The checked operands of the launch being enqueued on one rank; refilled for each launch, so that
 * launching allocates nothing.
 */
public final class Operands {
  private @Nullable Tensor input;
  private @Nullable Tensor weight;
  private @Nullable Tensor bias;
  private @Nullable Tensor output;
  private @Nullable Tensor gathered;
  private @Nullable NormTensors norm;

  /** Sets all operands. */
  public void set(
      Tensor newInput,
      Tensor newWeight,
      @Nullable Tensor newBias,
      Tensor newOutput,
      @Nullable Tensor newGathered,
      @Nullable NormTensors newNorm) {
    input = newInput;
    weight = newWeight;
    bias = newBias;
    output = newOutput;
    gathered = newGathered;
    norm = newNorm;
  }

  /** Forgets them. */
  public void clear() {
    input = null;
    weight = null;
    bias = null;
    output = null;
    gathered = null;
    norm = null;
  }

  Tensor input() {
    return Objects.requireNonNull(input);
  }

  Tensor weight() {
    return Objects.requireNonNull(weight);
  }

  @Nullable Tensor bias() {
    return bias;
  }

  Tensor output() {
    return Objects.requireNonNull(output);
  }

  @Nullable Tensor gathered() {
    return gathered;
  }

  NormTensors norm() {
    return Objects.requireNonNull(norm);
  }
}
