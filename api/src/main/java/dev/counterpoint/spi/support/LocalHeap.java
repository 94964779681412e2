package dev.counterpoint.spi.support;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.SymmetricHeap;
import java.util.concurrent.atomic.AtomicLong;

/** Symmetric memory of ranks that are all in this process: one allocation for each of them. */
public abstract class LocalHeap implements SymmetricHeap {
  private final BackendContext context;
  private final AtomicLong allocated = new AtomicLong();

  /** Creates the heap of one backend. */
  protected LocalHeap(BackendContext context) {
    this.context = context;
  }

  /** Called before a buffer is allocated; throws when it is known that it cannot be. */
  protected void requireRoom(String what, long bytesPerRank) {}

  /** Allocates one rank's part, all zero, and returns its address; leaves nothing if it throws. */
  protected abstract long allocatePart(int rank, String what, long bytes);

  /** Frees one rank's part. */
  protected abstract void freePart(int rank, long address);

  @Override
  public final SymmetricBuffer allocate(String name, long bytesPerRank) {
    context.requireOpen();
    MemoryChecks.requireSize("bytesPerRank", bytesPerRank);
    Buffer buffer = new Buffer(name, bytesPerRank);
    allocated.addAndGet(bytesPerRank);
    buffer.opened();
    return buffer;
  }

  @Override
  public final long allocatedBytes() {
    return allocated.get();
  }

  /** The buffer, after checking that it is this backend's and open. */
  public static Buffer of(BackendContext context, SymmetricBuffer buffer) {
    return context.own(Buffer.class, "buffer", buffer, "a symmetric buffer");
  }

  /** One symmetric allocation. */
  public final class Buffer extends Resource implements SymmetricBuffer {
    private final String name;
    private final long bytes;
    private final DeviceMemory[] parts;

    private Buffer(String name, long bytes) {
      super(context.resources, "symmetric buffer '" + name + "' of " + bytes + " bytes per rank");
      this.name = name;
      this.bytes = bytes;
      this.parts = new DeviceMemory[context.size()];
      requireRoom(toString(), bytes);
      int done = 0;
      try {
        for (; done < parts.length; done++) {
          long address = allocatePart(done, toString(), bytes);
          parts[done] = new DeviceMemory(done, address, bytes);
        }
      } finally {
        if (done < parts.length) {
          freeFirst(done);
        }
      }
    }

    private void freeFirst(int count) {
      for (int rank = 0; rank < count; rank++) {
        freePart(rank, parts[rank].address());
      }
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
      freeFirst(parts.length);
      allocated.addAndGet(-bytes);
    }
  }
}
