package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.support.LocalHeap;

/** Symmetric memory off-heap. */
final class HostHeap extends LocalHeap {
  private final HostContext context;

  HostHeap(HostContext context) {
    super(context);
    this.context = context;
  }

  @Override
  protected void requireRoom(String what, long bytesPerRank) {
    NativeMemory.requireAvailable(what, bytesPerRank, context.size());
  }

  @Override
  protected long allocatePart(int rank, String what, long bytes) {
    return context.memory.allocateZeroed(what, bytes);
  }

  @Override
  protected void freePart(int rank, long address) {
    context.memory.free(address);
  }
}
