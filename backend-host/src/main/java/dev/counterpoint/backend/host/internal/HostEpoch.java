package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.support.Resource;
import dev.counterpoint.spi.support.SignalChecks;

/** A launch counter in device memory. */
final class HostEpoch extends Resource implements Epoch {
  private final HostContext context;
  private final int rank;
  private final long address;

  HostEpoch(HostContext context, int rank) {
    super(context.resources, "epoch of rank " + rank);
    this.context = context;
    this.rank = rank;
    this.address = context.memory.allocateZeroed(toString(), 8);
  }

  static HostEpoch of(HostContext context, int rank, Epoch epoch) {
    HostEpoch mine = context.own(HostEpoch.class, "epoch", epoch, "an epoch");
    SignalChecks.requireEpochOf(mine, rank);
    return mine;
  }

  /** Its value at this point of the stream. */
  long value() {
    return OffHeap.word(address);
  }

  void advance() {
    OffHeap.addWord(address, 1);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public long read() {
    requireOpen();
    return value();
  }

  @Override
  protected void release() {
    context.memory.free(address);
  }
}
