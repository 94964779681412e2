package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/**
 * What a launch needs for its {@link Norm}; made once per rank and used for any number of launches.
 * Each is there exactly when the norm asks for it and has the output's element type. Residual and
 * sum may be the same tensor: then the sum takes the residual's place. Nothing else may overlap the
 * output or the sum.
 *
 * @param weight N elements as one row
 * @param bias N elements as one row
 * @param residual of the output's shape; the whole matrix, the same on all ranks, for an all-reduce
 * @param sum of the output's shape
 */
public record NormTensors(
    Tensor weight, @Nullable Tensor bias, @Nullable Tensor residual, @Nullable Tensor sum) {
  /** A weight alone. */
  public NormTensors(Tensor weight) {
    this(weight, null, null, null);
  }
}
