package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.SymmetricHeap;
import dev.counterpoint.spi.support.Resource;
import java.util.concurrent.atomic.AtomicLong;

/** Symmetric memory: one allocation for each rank, all in this process. */
final class HostHeap implements SymmetricHeap {
  private final HostContext context;
  private final AtomicLong allocated = new AtomicLong();

  HostHeap(HostContext context) {
    this.context = context;
  }

  @Override
  public SymmetricBuffer allocate(String name, long bytesPerRank) {
    context.requireOpen();
    if (bytesPerRank < 0) {
      throw new InvalidArgumentException("bytesPerRank", bytesPerRank, "not be negative");
    }
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
  static Buffer of(HostContext context, SymmetricBuffer buffer) {
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
      super(
          context.resources, "symmetric buffer '" + name + "' of " + bytes + " bytes on each rank");
      NativeMemory.requireAvailable(toString(), bytes, context.size());
      this.name = name;
      this.bytes = bytes;
      this.parts = new DeviceMemory[context.size()];
      int done = 0;
      try {
        for (; done < parts.length; done++) {
          parts[done] =
              new DeviceMemory(done, context.memory.allocateZeroed(toString(), bytes), bytes);
        }
      } finally {
        if (done < parts.length) {
          free(done);
        }
      }
    }

    private void free(int count) {
      for (int rank = 0; rank < count; rank++) {
        context.memory.free(parts[rank].address());
      }
    }

    HostContext context() {
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
