package dev.counterpoint;

/** A planned GEMM + all-reduce; shapes are in {@link GemmAllReduceSpec}. */
public interface GemmAllReduce extends NormalizingPlan {
  @Override
  GemmAllReduceSpec spec();
}
