package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import java.util.Locale;

/**
 * One tile configuration of the tile GEMM for one input type and weight layout.
 *
 * @param input type of A and B
 * @param layout how B lies
 * @param rows rows of a tile
 * @param cols columns of a tile
 * @param stages stages of its pipeline
 * @param stageBytes bytes of K in one stage
 */
record TileConfig(
    DType input, WeightLayout layout, int rows, int cols, int stages, int stageBytes) {
  private static String name(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }

  /** The source that holds it. */
  String family() {
    return "tile_gemm_" + name(input);
  }

  /** Shared memory of a block. */
  int sharedBytes() {
    return stages * (rows + cols) * stageBytes;
  }

  /** K of one stage, in elements. */
  int stageK() {
    return stageBytes / input.bytes();
  }

  /** The kernel's entry point. */
  String entry() {
    return String.format(
        Locale.ROOT,
        "%s_%s_%dx%dx%d_s%d",
        family(),
        layout.name().toLowerCase(Locale.ROOT),
        rows,
        cols,
        stageK(),
        stages);
  }
}
