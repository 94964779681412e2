package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import org.jspecify.annotations.Nullable;

/** The vendor's GEMM library on one rank's device. */
public interface VendorBlas {
  /** Name and version. */
  String version();

  /** Makes a GEMM ready, or gives null when the library has none for it. */
  @Nullable Ready prepare(Shape shape);

  /** Releases the library; what it made must have been closed. */
  void close();

  /**
   * A GEMM as the library sees it; strides in elements, as they are in memory.
   *
   * @param alignment what every address and row is aligned to, in bytes
   * @param bias whether a bias is added to each row
   */
  record Shape(
      int rows,
      int cols,
      int k,
      DType input,
      DType output,
      WeightLayout layout,
      int aStride,
      int bStride,
      int cStride,
      int dStride,
      int alignment,
      float alpha,
      float beta,
      boolean bias) {}

  /** A GEMM with its algorithm chosen. */
  interface Ready {
    /** Bytes of workspace that a run needs. */
    long workspaceBytes();

    /**
     * Enqueues a run; allocates nothing. An address that the shape has no use for is 0.
     *
     * @return false when the library refuses after all what it chose; then nothing is enqueued
     */
    boolean run(long a, long b, long c, long d, long bias, long workspace, long stream);

    /** Releases it. */
    void close();
  }
}
