package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.support.LocalHeap;

/**
 * Symmetric memory: one plain allocation for each rank. Every device of the process has the same
 * address space, so with peer access an address is good on all of them.
 */
final class GpuHeap extends LocalHeap {
  private final GpuContext context;

  GpuHeap(GpuContext context) {
    super(context);
    this.context = context;
  }

  @Override
  protected long allocatePart(int rank, String what, long bytes) {
    RankState state = context.rank(rank);
    long address = state.memory().allocateShared(what, bytes);
    try {
      state.zero(address, bytes);
    } catch (RuntimeException e) {
      state.memory().free(address);
      throw e;
    }
    return address;
  }

  @Override
  protected void freePart(int rank, long address) {
    context.rank(rank).memory().free(address);
  }
}
