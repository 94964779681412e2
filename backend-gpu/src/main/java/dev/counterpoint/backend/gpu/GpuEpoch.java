package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.support.Resource;
import dev.counterpoint.spi.support.SignalChecks;

/** A launch counter in device memory. */
final class GpuEpoch extends Resource implements Epoch {
  private final RankState state;
  private final int number;
  private final long address;

  GpuEpoch(GpuContext context, int rank) {
    super(context.resources, "epoch of rank " + rank);
    this.state = context.rank(rank);
    this.number = context.nextNumber();
    this.address = state.memory().allocate(toString(), Long.BYTES);
    state.zero(address, Long.BYTES);
  }

  /** The epoch, after checking that it is this backend's, open, and of a rank. */
  static GpuEpoch of(GpuContext context, int rank, Epoch epoch) {
    GpuEpoch mine = context.own(GpuEpoch.class, "epoch", epoch, "an epoch");
    SignalChecks.requireEpochOf(mine, rank);
    return mine;
  }

  /** Tells it from all others of its backend; never 0. */
  int number() {
    return number;
  }

  long address() {
    return address;
  }

  @Override
  public int rank() {
    return state.index();
  }

  @Override
  public long read() {
    requireOpen();
    return state.readWord(address);
  }

  @Override
  protected void release() {
    state.memory().free(address);
  }
}
