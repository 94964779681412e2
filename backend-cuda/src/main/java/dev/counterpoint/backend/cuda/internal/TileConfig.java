package dev.counterpoint.backend.cuda.internal;

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
 */
record TileConfig(DType input, WeightLayout layout, int rows, int cols, int stages) {
  /** Bytes of K in one stage: the kernels' panels. */
  static final int STAGE_BYTES = 128;

  private static String name(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }

  /** The source that holds it. */
  String family() {
    return "tile_gemm_" + name(input);
  }

  /** K of one stage, in elements. */
  int stageK() {
    return STAGE_BYTES / input.bytes();
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
