package dev.counterpoint.core.strategy;

import dev.counterpoint.NormTensors;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.GemmArguments;
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

  /** The same operands, to be kept. */
  public Operands copy() {
    Operands copy = new Operands();
    copy.input = input;
    copy.weight = weight;
    copy.bias = bias;
    copy.output = output;
    copy.gathered = gathered;
    copy.norm = norm;
    return copy;
  }

  /** (hot) Whether these are the same objects. */
  @SuppressWarnings("ReferenceEquality") // a tensor never changes; another one is another operand
  public boolean areThoseOf(Operands other) {
    return input == other.input
        && weight == other.weight
        && bias == other.bias
        && output == other.output
        && gathered == other.gathered
        && Objects.equals(norm, other.norm);
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

  /** A is the input from a row on, with the factors that it has. */
  static GemmArguments rowsOfInput(GemmArguments arguments, Tensor input, int firstRow) {
    Tensor scales = input.scales();
    if (scales != null) {
      arguments.aScales(scales.memory(), startOfRow(scales, firstRow), scales.rowStride());
    }
    return arguments.a(input.memory(), startOfRow(input, firstRow), input.rowStride());
  }

  /** B is the weight, with the factors that it has. */
  static GemmArguments weight(GemmArguments arguments, Tensor weight) {
    Tensor scales = weight.scales();
    if (scales != null) {
      arguments.bScales(scales.memory(), 0, scales.rowStride());
    }
    return arguments.b(weight.memory(), 0, weight.rowStride());
  }

  private static long startOfRow(Tensor tensor, int row) {
    return (long) row * tensor.rowStride() * tensor.dtype().bytes();
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
