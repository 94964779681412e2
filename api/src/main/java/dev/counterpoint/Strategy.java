package dev.counterpoint;

/** How an operator arranges its matrix multiplication and its communication in time. */
public enum Strategy {
  /** The plan chooses, and says why in {@link OperatorPlan#explanation()}. */
  AUTO,
  /** Vendor GEMM and vendor collective, one after the other: the baseline and the fallback. */
  SEQUENTIAL,
  /**
   * The multiplication is cut into one plain GEMM per chunk of rows; chunks are sent while others
   * are computed, on two streams. After TransformerEngine's user-buffer overlap and PyTorch's
   * asynchronous tensor parallelism.
   */
  DECOMPOSED,
  /**
   * One GEMM that raises (or waits for) a counter per group of tiles, and a library collective per
   * group released by that counter. Needs no peer access. After FlashOverlap (EuroSys '26).
   */
  SIGNALED,
  /**
   * One GEMM whose tiles themselves wait for arriving rows or store to their owner's memory. Needs
   * peer access. After Flux (arXiv 2406.06858) and Triton-distributed.
   */
  FUSED
}
