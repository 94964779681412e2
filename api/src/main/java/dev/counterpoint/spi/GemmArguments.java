package dev.counterpoint.spi;

import org.jspecify.annotations.Nullable;

/**
 * The operands of one launch. Reusable: a plan keeps one per rank and refills it, so that launching
 * allocates nothing. {@link PreparedGemm#launch} reads it before it returns. Strides are in
 * elements, offsets in bytes.
 */
public final class GemmArguments {
  private @Nullable DeviceMemory a;
  private long aOffset;
  private int aStride;
  private @Nullable DeviceMemory b;
  private long bOffset;
  private int bStride;
  private @Nullable DeviceMemory c;
  private long cOffset;
  private int cStride;
  private @Nullable DeviceMemory d;
  private long dOffset;
  private int dStride;
  private @Nullable DeviceMemory bias;
  private @Nullable DeviceMemory rowScale;
  private @Nullable DeviceMemory colScale;
  private @Nullable DeviceMemory aScales;
  private long aScalesOffset;
  private int aScalesStride;
  private @Nullable DeviceMemory bScales;
  private long bScalesOffset;
  private int bScalesStride;

  /** Nothing set. */
  public GemmArguments() {}

  /** A: [rows, k]. */
  public GemmArguments a(DeviceMemory memory, long offset, int stride) {
    a = memory;
    aOffset = offset;
    aStride = stride;
    return this;
  }

  /** B: [cols, k] or [k, cols], after the weight layout. */
  public GemmArguments b(DeviceMemory memory, long offset, int stride) {
    b = memory;
    bOffset = offset;
    bStride = stride;
    return this;
  }

  /** C: the rows of the epilogue's window; read when beta is not 0. */
  public GemmArguments c(@Nullable DeviceMemory memory, long offset, int stride) {
    c = memory;
    cOffset = offset;
    cStride = stride;
    return this;
  }

  /**
   * D: the local output; absent when every tile is routed elsewhere. The stride is ignored by a
   * packed route.
   */
  public GemmArguments d(@Nullable DeviceMemory memory, long offset, int stride) {
    d = memory;
    dOffset = offset;
    dStride = stride;
    return this;
  }

  /** Bias: cols elements of the output type. */
  public GemmArguments bias(@Nullable DeviceMemory memory) {
    bias = memory;
    return this;
  }

  /** FP32 factors, one per row and one per column. */
  public GemmArguments scales(@Nullable DeviceMemory perRow, @Nullable DeviceMemory perColumn) {
    rowScale = perRow;
    colScale = perColumn;
    return this;
  }

  /** FP32 factors of A by block: [rows, ⌈k/128⌉]. */
  public GemmArguments aScales(@Nullable DeviceMemory memory, long offset, int stride) {
    aScales = memory;
    aScalesOffset = offset;
    aScalesStride = stride;
    return this;
  }

  /** FP32 factors of B by block: [⌈cols/128⌉, ⌈k/128⌉], whatever the weight layout. */
  public GemmArguments bScales(@Nullable DeviceMemory memory, long offset, int stride) {
    bScales = memory;
    bScalesOffset = offset;
    bScalesStride = stride;
    return this;
  }

  /** A's memory. */
  public @Nullable DeviceMemory a() {
    return a;
  }

  /** Bytes into A's memory. */
  public long aOffset() {
    return aOffset;
  }

  /** Elements from row to row of A. */
  public int aStride() {
    return aStride;
  }

  /** B's memory. */
  public @Nullable DeviceMemory b() {
    return b;
  }

  /** Bytes into B's memory. */
  public long bOffset() {
    return bOffset;
  }

  /** Elements from row to row of B. */
  public int bStride() {
    return bStride;
  }

  /** C's memory. */
  public @Nullable DeviceMemory c() {
    return c;
  }

  /** Bytes into C's memory. */
  public long cOffset() {
    return cOffset;
  }

  /** Elements from row to row of C. */
  public int cStride() {
    return cStride;
  }

  /** D's memory. */
  public @Nullable DeviceMemory d() {
    return d;
  }

  /** Bytes into D's memory. */
  public long dOffset() {
    return dOffset;
  }

  /** Elements from row to row of D. */
  public int dStride() {
    return dStride;
  }

  /** The bias's memory. */
  public @Nullable DeviceMemory bias() {
    return bias;
  }

  /** The per-row factors. */
  public @Nullable DeviceMemory rowScale() {
    return rowScale;
  }

  /** The per-column factors. */
  public @Nullable DeviceMemory colScale() {
    return colScale;
  }

  /** The memory of A's factors by block. */
  public @Nullable DeviceMemory aScales() {
    return aScales;
  }

  /** Bytes into the memory of A's factors. */
  public long aScalesOffset() {
    return aScalesOffset;
  }

  /** Elements from row to row of A's factors. */
  public int aScalesStride() {
    return aScalesStride;
  }

  /** The memory of B's factors by block. */
  public @Nullable DeviceMemory bScales() {
    return bScales;
  }

  /** Bytes into the memory of B's factors. */
  public long bScalesOffset() {
    return bScalesOffset;
  }

  /** Elements from row to row of B's factors. */
  public int bScalesStride() {
    return bScalesStride;
  }
}
