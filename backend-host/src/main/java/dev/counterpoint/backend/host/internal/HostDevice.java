package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.support.Duration64;
import dev.counterpoint.spi.support.MemoryChecks;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A virtual device: a rank's streams and memory in this process. */
final class HostDevice implements Device {
  private final HostContext context;
  private final int rank;
  private final DeviceInfo info;
  private final List<HostStream> streams = new CopyOnWriteArrayList<>();

  HostDevice(HostContext context, int rank, DeviceInfo info) {
    this.context = context;
    this.rank = rank;
    this.info = info;
  }

  /** All streams that may still run, closed ones included. */
  List<HostStream> streams() {
    streams.removeIf(stream -> stream.closed() && stream.awaitEnd(0));
    return streams;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  /** The priority is ignored: threads of one process have no order of their own. */
  @Override
  public Stream newStream(String name, int priority) {
    context.requireOpen();
    HostStream stream = new HostStream(context, rank, name).start();
    streams().add(stream);
    return stream;
  }

  @Override
  public Event newEvent(boolean timed) {
    context.requireOpen();
    HostEvent event = new HostEvent(context, rank, timed);
    event.opened();
    return event;
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    context.requireOpen();
    MemoryChecks.requireSize("bytes", bytes);
    HostBuffer buffer = new HostBuffer(context, rank, bytes);
    buffer.opened();
    return buffer;
  }

  @Override
  public void upload(DeviceMemory target, long offset, ByteBuffer source) {
    OffHeap.write(source, at("target", target, offset, source.remaining()));
  }

  @Override
  public void download(DeviceMemory source, long offset, ByteBuffer target) {
    if (target.isReadOnly()) {
      throw new InvalidArgumentException("target", target, "be writable");
    }
    OffHeap.read(at("source", source, offset, target.remaining()), target);
  }

  private long at(String argument, DeviceMemory memory, long offset, long bytes) {
    context.requireOpen();
    MemoryChecks.requireOn(argument, memory, rank);
    return MemoryChecks.address(argument, memory, offset, bytes);
  }

  @Override
  public void synchronize(Duration deadline) {
    context.requireOpen();
    context.faults.check();
    long start = System.nanoTime();
    long nanos = Duration64.nanos(deadline);
    for (HostStream stream : streams()) {
      if (!stream.awaitIdle(nanos - (System.nanoTime() - start), true)) {
        throw new DeadlineExceededException("rank " + rank + " (" + stream + ")", deadline);
      }
    }
    context.faults.check();
  }
}
