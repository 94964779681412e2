package dev.counterpoint;

/** How an operator arranges its matrix multiplication and its communication in time. */
public enum Strategy {
  /** The plan chooses, and says why in {@link OperatorPlan#explanation()}. */
  AUTO,
  /** Vendor GEMM and vendor collective, one after the other: the baseline and the fallback. */
  SEQUENTIAL,
  /**
   * The multiplication is cut into a few plain GEMMs, by columns where communication follows it and
   * by rows where it comes first, with one library collective each on a second stream. Needs no
   * peer access. After TransformerEngine's split pipelines.
   */
  PIPELINED,
  /**
   * Shards of the input, or partial sums of the output, travel from rank to rank around a ring,
   * beside one plain GEMM for each of them: every rank sends to its next neighbour alone, which is
   * what a chain of PCIe switches does well. An all-to-all, which a ring would only lengthen, goes
   * to one peer after the other. After TransformerEngine's ring exchange.
   */
  RING,
  /**
   * The multiplication is cut into one plain GEMM per chunk of rows; chunks are sent while others
   * are computed, on two streams; each goes straight to the rank that it is for. After PyTorch's
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
