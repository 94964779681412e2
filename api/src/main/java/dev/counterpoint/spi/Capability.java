package dev.counterpoint.spi;

/**
 * What a backend may or may not be able to do. Declared capabilities are tested; asking for one
 * that is not declared must be refused with {@link dev.counterpoint.UnsupportedCapabilityException}
 * (rules CAP-1, CAP-2). What is not listed here is mandatory.
 */
public enum Capability {
  /**
   * Compute units can load, store and signal in the memory of every peer: remote routes and posts,
   * compute-unit puts.
   */
  PEER_ACCESS,
  /** All-reduces by kernels over symmetric memory ({@link PeerAllReduce}); needs PEER_ACCESS. */
  PEER_ALL_REDUCE,
  /** Streams can be captured into a {@link Graph} and replayed. */
  GRAPHS,
  /** Events carry times ({@link Event#nanosSince}). */
  TIMED_EVENTS,
  /** The vendor's own GEMM library is there ({@link GemmEngine#VENDOR}). */
  VENDOR_GEMM,
  /** Work can be traced ({@link Backend#startTrace}). */
  TRACING,
  /** GEMM with FP16 input. */
  GEMM_FP16,
  /** GEMM with BF16 input. */
  GEMM_BF16,
  /** GEMM with FP8_E4M3 and FP8_E5M2 input. */
  GEMM_FP8,
  /** GEMM with INT8 input and INT32 output. */
  GEMM_INT8,
  /** FP32 GEMM multiplies full binary32 values; without it inputs may be rounded to TF32 first. */
  GEMM_FP32_FULL,
  /** Per-row and per-column scales in the epilogue. */
  EPILOGUE_SCALES,
  /** FP8 input with scales by block ({@link dev.counterpoint.Scaling#BLOCKS}). */
  BLOCK_SCALES
}
