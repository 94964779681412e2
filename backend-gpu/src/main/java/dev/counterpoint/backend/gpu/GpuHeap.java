package dev.counterpoint.backend.gpu;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.Resource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Symmetric memory: one plain allocation for each rank. Every device of the process has the same
 * address space, so with peer access an address is good on all of them.
 */
final class GpuHeap implements SymmetricHeap {
  private final GpuContext context;
  private final AtomicLong allocated = new AtomicLong();

  GpuHeap(GpuContext context) {
    this.context = context;
  }

  @Override
  public SymmetricBuffer allocate(String name, long bytesPerRank) {
    context.requireOpen();
    MemoryChecks.requireSize("bytesPerRank", bytesPerRank);
    Buffer buffer = new Buffer(name, bytesPerRank);
    allocated.addAndGet(bytesPerRank);
    buffer.opened();
    return buffer;
  }

  @Override
  public long allocatedBytes() {
    return allocated.get();
  }

  /** The buffer, after checking that it is this backend's and open. */
  static Buffer of(GpuContext context, SymmetricBuffer buffer) {
    if (buffer instanceof Buffer mine && mine.context() == context) {
      mine.requireOpen();
      return mine;
    }
    throw new InvalidArgumentException("buffer", buffer, "be a symmetric buffer of this backend");
  }

  /** One symmetric allocation. */
  final class Buffer extends Resource implements SymmetricBuffer {
    private final String name;
    private final long bytes;
    private final DeviceMemory[] parts;

    Buffer(String name, long bytes) {
      super(context.resources, "symmetric buffer '" + name + "' of " + bytes + " bytes per rank");
      this.name = name;
      this.bytes = bytes;
      this.parts = new DeviceMemory[context.size()];
      int done = 0;
      try {
        for (; done < parts.length; done++) {
          RankState rank = context.rank(done);
          long address = rank.memory().allocateShared(toString(), bytes);
          parts[done] = new DeviceMemory(done, address, bytes);
          rank.zero(address, bytes);
        }
      } finally {
        if (done < parts.length) {
          free(parts[done] == null ? done : done + 1);
        }
      }
    }

    private void free(int count) {
      for (int rank = 0; rank < count; rank++) {
        context.rank(rank).memory().free(parts[rank].address());
      }
    }

    GpuContext context() {
      return context;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public DeviceMemory at(int rank) {
      requireOpen();
      return parts[context.requireRank("rank", rank)];
    }

    @Override
    protected void release() {
      free(parts.length);
      allocated.addAndGet(-bytes);
    }
  }
}
