package dev.counterpoint.core.operator;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Rank;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import org.jspecify.annotations.Nullable;

/**
 * What a launch of one plan refuses (rule OP-6). Shapes are worked out once, so that checking
 * allocates nothing.
 */
final class OperandChecks {
  private final World world;
  private final String label;
  private final DType in;
  private final DType out;
  private final boolean bias;
  private final @Nullable Norm norm;
  private final Shape[] inputs;
  private final Shape[] weights;
  private final Shape[] outputs;
  private final Shape[] biases;
  private final ScaleChecks scales;
  private final Shape gathered;
  private final Shape columns;

  OperandChecks(World world, OperatorSpec spec, String label) {
    this.world = world;
    this.label = label;
    in = spec.problem().inputType();
    out = spec.problem().outputType();
    bias = spec.problem().bias();
    norm = spec.norm();
    int size = world.size();
    inputs = new Shape[size];
    weights = new Shape[size];
    outputs = new Shape[size];
    biases = new Shape[size];
    for (int r = 0; r < size; r++) {
      inputs[r] = spec.inputShape(r, size);
      weights[r] = spec.weightShape(r, size);
      outputs[r] = spec.outputShape(r, size);
      biases[r] = new Shape(1, spec.biasLength(r, size));
    }
    scales = new ScaleChecks(this, spec, size);
    gathered = new Shape(spec.problem().m(), spec.problem().k());
    columns = new Shape(1, spec.problem().n());
  }

  /** The plan's name. */
  String label() {
    return label;
  }

  void requireOperands(
      Rank rank, Tensor input, Tensor weight, @Nullable Tensor addend, Tensor output) {
    int r = rank.index();
    require("input", input, rank, in, inputs[r]);
    require("weight", weight, rank, in, weights[r]);
    require("output", output, rank, out, outputs[r]);
    requireIf(bias, "bias", addend, rank, biases[r]);
    scales.require(rank, input, weight);
    scales.requireApart(input, weight, output);
    requireApart("input", input, output);
    requireApart("weight", weight, output);
    if (addend != null) {
      requireApart("bias", addend, output);
    }
  }

  void requireGathered(
      Rank rank, Tensor input, Tensor weight, @Nullable Tensor addend, Tensor output, Tensor copy) {
    require("gathered", copy, rank, in, gathered);
    requireApart("gathered", copy, output);
    requireApart("gathered", copy, input);
    requireApart("gathered", copy, weight);
    if (addend != null) {
      requireApart("gathered", copy, addend);
    }
    scales.requireGathered(rank, input, weight, addend, output, copy);
  }

  /** Checks the operands of the norm; what may not overlap the output, nor the sum if stored. */
  void requireNorm(
      Rank rank,
      Tensor input,
      Tensor weight,
      @Nullable Tensor addend,
      Tensor output,
      @Nullable NormTensors tensors) {
    if (norm == null || tensors == null) {
      if ((norm == null) != (tensors == null)) {
        throw new InvalidArgumentException(
            "norm",
            tensors == null ? "absent" : tensors,
            tensors == null
                ? "be given: plan " + label + " normalises its rows"
                : "be absent: plan " + label + " does not normalise its rows");
      }
      return;
    }
    Shape rows = outputs[rank.index()];
    require("norm.weight", tensors.weight(), rank, out, columns);
    requireIf(norm.bias(), "norm.bias", tensors.bias(), rank, columns);
    requireIf(norm.residual(), "norm.residual", tensors.residual(), rank, rows);
    requireIf(norm.sum(), "norm.sum", tensors.sum(), rank, rows);
    requireVectorsApart(tensors, output);
    if (tensors.residual() != null) {
      requireApart("norm.residual", tensors.residual(), output);
    }
    Tensor sum = tensors.sum();
    if (sum == null) {
      return;
    }
    requireApart("norm.sum", sum, output);
    requireApart("input", input, sum);
    requireApart("weight", weight, sum);
    scales.requireApart(input, weight, sum);
    if (addend != null) {
      requireApart("bias", addend, sum);
    }
    requireVectorsApart(tensors, sum);
    if (tensors.residual() != null && !samePlace(tensors.residual(), sum)) {
      requireApart("norm.residual", tensors.residual(), sum);
    }
  }

  private static void requireVectorsApart(NormTensors tensors, Tensor written) {
    requireApart("norm.weight", tensors.weight(), written);
    if (tensors.bias() != null) {
      requireApart("norm.bias", tensors.bias(), written);
    }
  }

  private void requireIf(
      boolean wanted, String name, @Nullable Tensor tensor, Rank rank, Shape shape) {
    if (tensor == null) {
      if (wanted) {
        throw new InvalidArgumentException(
            name, "absent", "be given: plan " + label + " was made with a " + lastWord(name));
      }
      return;
    }
    if (!wanted) {
      throw new InvalidArgumentException(
          name, tensor, "be absent: plan " + label + " was made without a " + lastWord(name));
    }
    require(name, tensor, rank, out, shape);
  }

  private static String lastWord(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  void require(String name, Tensor tensor, Rank rank, DType dtype, Shape shape) {
    tensor.requireOpen();
    if (tensor.rank() != rank) {
      String where =
          tensor.rank().world() == world ? "rank " + tensor.rank().index() : "another world";
      throw new InvalidArgumentException(
          name,
          tensor + " (" + where + ")",
          "lie on rank " + rank.index() + " of this plan's world");
    }
    if (tensor.dtype() != dtype) {
      throw new InvalidArgumentException(name, tensor, "have element type " + dtype);
    }
    if (tensor.rows() != shape.rows() || tensor.cols() != shape.cols()) {
      throw new InvalidArgumentException(name, tensor, "have shape " + shape);
    }
  }

  private static boolean samePlace(Tensor one, Tensor other) {
    return one.memory().address() == other.memory().address()
        && one.rowStride() == other.rowStride();
  }

  static void requireApart(String name, Tensor tensor, Tensor output) {
    long a = tensor.memory().address();
    long b = output.memory().address();
    if (a < b + extent(output)
        && b < a + extent(tensor)
        && extent(tensor) > 0
        && extent(output) > 0) {
      throw new InvalidArgumentException(name, tensor, "not overlap the memory of " + output);
    }
  }

  private static long extent(Tensor t) {
    return t.rows() == 0 || t.cols() == 0
        ? 0
        : ((t.rows() - 1L) * t.rowStride() + t.cols()) * t.dtype().bytes();
  }
}
