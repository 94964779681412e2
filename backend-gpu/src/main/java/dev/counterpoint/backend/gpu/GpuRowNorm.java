package dev.counterpoint.backend.gpu;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.support.NormOperands;

/** Normalisations by our kernel. */
final class GpuRowNorm implements RowNorm {
  /** The kernel loads so many columns at once, all of one tile. */
  private static final int COLUMNS_OF_GROUP = 8;

  private final GpuContext context;

  GpuRowNorm(GpuContext context) {
    this.context = context;
  }

  @Override
  public PreparedNorm prepare(NormSpec spec) {
    context.requireOpen();
    NormOperands.requireValid(spec, context.size());
    NormSpec.Packing packing = spec.packing();
    if (packing != null && packing.tiling().tileCols() % COLUMNS_OF_GROUP != 0) {
      throw new InvalidArgumentException(
          "tiling",
          packing.tiling().tileRows() + "×" + packing.tiling().tileCols(),
          "have tiles of a size that TileGemm.tiling gives");
    }
    GpuPreparedNorm prepared = new GpuPreparedNorm(context, spec);
    prepared.opened();
    return prepared;
  }
}
