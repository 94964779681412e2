package dev.counterpoint;

/** A planned GEMM + all-to-all; shapes are in {@link GemmAllToAllSpec}. */
public interface GemmAllToAll extends OperatorPlan {
  @Override
  GemmAllToAllSpec spec();
}
