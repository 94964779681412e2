package dev.counterpoint;

/** A planned GEMM + reduce-scatter; shapes are in {@link GemmReduceScatterSpec}. */
public interface GemmReduceScatter extends NormalizingPlan {
  @Override
  GemmReduceScatterSpec spec();
}
