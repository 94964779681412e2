package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.support.ReduceChecks;

/** Reductions and unpacking copies by our kernels. */
final class GpuTileReduce implements TileReduce {
  private final GpuContext context;

  GpuTileReduce(GpuContext context) {
    this.context = context;
  }

  @Override
  public PreparedReduce prepare(ReduceSpec spec) {
    context.requireOpen();
    ReduceChecks.requireValid(spec, context.size());
    if (!GpuTileGemm.isStored(spec.inputType()) || !GpuTileGemm.isStored(spec.outputType())) {
      throw new InvalidArgumentException(
          "inputType/outputType",
          spec.inputType() + "/" + spec.outputType(),
          "be of FP32, FP16, BF16 and INT32");
    }
    if (spec.route() instanceof ReduceSpec.Everywhere) {
      for (int rank = 0; rank < context.size(); rank++) {
        context.requireReach(spec.rank(), rank, "route Everywhere of '" + spec.label() + "'");
      }
    }
    GpuPreparedReduce prepared = new GpuPreparedReduce(context, spec);
    prepared.opened();
    return prepared;
  }

  @Override
  public PreparedUnpack prepareUnpack(
      String label, int rank, Tiling tiling, int[] slots, DType dtype) {
    context.requireOpen();
    GpuPreparedUnpack prepared = new GpuPreparedUnpack(context, label, rank, tiling, slots, dtype);
    prepared.opened();
    return prepared;
  }
}
