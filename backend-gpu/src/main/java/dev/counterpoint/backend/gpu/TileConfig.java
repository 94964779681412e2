package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import java.util.Locale;

/**
 * One tile configuration of the tile GEMM for one input type and weight layout.
 *
 * @param kernels the set that it belongs to
 * @param input type of A and B
 * @param layout how B lies
 * @param shape its tile
 */
record TileConfig(TileKernels kernels, DType input, WeightLayout layout, TileShapes.Shape shape) {
  /** The source that holds it. */
  String family() {
    return kernels.family(input);
  }

  /** Dynamic shared memory of a block. */
  int sharedBytes() {
    return kernels.shapes().sharedBytes(shape);
  }

  /** K of one stage, in elements. */
  int stageK() {
    return kernels.shapes().stageBytes() / input.bytes();
  }

  /** The kernel's entry point. */
  String entry() {
    return String.format(
        Locale.ROOT,
        "%s_%s_%dx%dx%d_s%d%s",
        family(),
        layout.name().toLowerCase(Locale.ROOT),
        shape.rows(),
        shape.cols(),
        stageK(),
        shape.stages(),
        shape.suffix());
  }
}
