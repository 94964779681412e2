package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.support.Resource;

/** Memory of one device. */
final class GpuBuffer extends Resource implements DeviceBuffer {
  private final RankState state;
  private final DeviceMemory memory;

  GpuBuffer(GpuContext context, int rank, long bytes) {
    super(context.resources, "buffer of " + bytes + " bytes on rank " + rank);
    this.state = context.rank(rank);
    this.memory = new DeviceMemory(rank, state.memory().allocate(toString(), bytes), bytes);
  }

  @Override
  public DeviceMemory memory() {
    requireOpen();
    return memory;
  }

  @Override
  protected void release() {
    state.memory().free(memory.address());
  }
}
