package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/** A planned all-gather + GEMM; shapes are in {@link AllGatherGemmSpec}. */
public interface AllGatherGemm extends OperatorPlan {
  @Override
  AllGatherGemmSpec spec();

  /**
   * Enqueues one execution and hands back the gathered input as well, as a backward pass needs it.
   *
   * @param gathered of [M, K] and the input type, filled with all ranks' rows by the time the
   *     launch is complete; null when not wanted. With {@link Scaling#BLOCKS} it may have scales of
   *     [M, ⌈K/128⌉], which are filled with those of all ranks
   */
  void launch(
      Rank rank,
      Tensor input,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor output,
      @Nullable Tensor gathered);
}
