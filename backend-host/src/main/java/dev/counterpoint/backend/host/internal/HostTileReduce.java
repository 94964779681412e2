package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Tiling;

/** Makes reductions and unpacking copies ready. */
final class HostTileReduce implements TileReduce {
  private final HostContext context;

  HostTileReduce(HostContext context) {
    this.context = context;
  }

  @Override
  public PreparedReduce prepare(ReduceSpec spec) {
    context.requireOpen();
    HostPreparedReduce prepared = new HostPreparedReduce(context, new ReducePlan(context, spec));
    prepared.opened();
    return prepared;
  }

  @Override
  public PreparedUnpack prepareUnpack(
      String label, int rank, Tiling tiling, int[] slots, DType dtype) {
    context.requireOpen();
    HostPreparedUnpack prepared =
        new HostPreparedUnpack(context, label, rank, tiling, slots, dtype);
    prepared.opened();
    return prepared;
  }
}
