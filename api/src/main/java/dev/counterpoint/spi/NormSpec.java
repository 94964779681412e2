package dev.counterpoint.spi;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import org.jspecify.annotations.Nullable;

/**
 * A normalisation of the rows of one rank's matrix, as {@link Norm} describes it. The order in
 * which a row is summed depends on the number of columns alone, so that a packed matrix gives
 * bitwise what the same rows give in place.
 *
 * @param label appears in traces and fault records
 * @param rank the rank that normalises
 * @param rows number of rows, ≥ 0
 * @param cols number of columns, ≥ 1
 * @param dtype element type of all operands: FP32, FP16 or BF16
 * @param norm what is done with each row
 * @param packing how the input lies, or null for rows in place
 */
public record NormSpec(
    String label, int rank, int rows, int cols, DType dtype, Norm norm, @Nullable Packing packing) {
  /**
   * Packed tiles ({@link TileRoute.Packed}).
   *
   * @param tiling the tiles, of a size that {@link TileGemm#tiling} gives; their shards are laid
   *     out one below the other in the result
   * @param slots by tile id: its block in the packed matrix; not negative for a tile with elements
   */
  public record Packing(Tiling tiling, int[] slots) {}

  /** Rows in place. */
  public static NormSpec inPlace(
      String label, int rank, int rows, int cols, DType dtype, Norm norm) {
    return new NormSpec(label, rank, rows, cols, dtype, norm, null);
  }

  /** Rows of packed tiles. */
  public static NormSpec packed(
      String label, int rank, DType dtype, Norm norm, Tiling tiling, int[] slots) {
    return new NormSpec(
        label,
        rank,
        tiling.partition().rows(),
        tiling.cols(),
        dtype,
        norm,
        new Packing(tiling, slots));
  }
}
