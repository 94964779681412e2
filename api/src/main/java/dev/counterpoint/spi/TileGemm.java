package dev.counterpoint.spi;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;

/**
 * The one GEMM behind all operators: a persistent loop over output tiles with four hooks — order,
 * gate, route, post. The published overlap systems differ in these four choices only.
 */
public interface TileGemm {
  /**
   * The tiles that suit a problem. A forced size is rounded to one that the backend has.
   *
   * @param rank the rank that will compute
   * @param partition the output's rows and how they are divided
   * @param cols the output's columns
   * @param k inner dimension
   * @param tileRows wanted tile rows; 0 for the backend's choice
   * @param tileCols wanted tile columns; 0 for the backend's choice
   */
  Tiling tiling(
      int rank,
      RowPartition partition,
      int cols,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout layout,
      int tileRows,
      int tileCols);

  /** Whether these types can be multiplied, by capability. */
  boolean supports(DType inputType, DType outputType);

  /**
   * Makes a GEMM ready: checks it, loads and warms its kernel, allocates its parameters. May block;
   * never called between launches.
   *
   * @throws dev.counterpoint.UnsupportedCapabilityException for a hook, type or engine that is not
   *     declared
   * @throws dev.counterpoint.InvalidArgumentException for tables of the wrong length or content
   */
  PreparedGemm prepare(GemmSpec spec);
}
