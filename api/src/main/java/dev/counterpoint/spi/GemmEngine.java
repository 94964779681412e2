package dev.counterpoint.spi;

/** Who multiplies. */
public enum GemmEngine {
  /** The project's own tile GEMM, with all hooks. */
  TILE,
  /**
   * The vendor's library: natural order, no gate, local route, no post. Needs {@link
   * Capability#VENDOR_GEMM}.
   */
  VENDOR
}
