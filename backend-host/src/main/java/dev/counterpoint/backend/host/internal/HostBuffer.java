package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.support.Resource;

/** Memory of one rank. */
final class HostBuffer extends Resource implements DeviceBuffer {
  private final HostContext context;
  private final DeviceMemory memory;

  HostBuffer(HostContext context, int rank, long bytes) {
    super(context.resources, "buffer of " + bytes + " bytes of rank " + rank);
    this.context = context;
    this.memory = new DeviceMemory(rank, context.memory.allocate(toString(), bytes), bytes);
  }

  @Override
  public DeviceMemory memory() {
    requireOpen();
    return memory;
  }

  @Override
  protected void release() {
    context.memory.free(memory.address());
  }
}
