package dev.counterpoint.backend.gpu;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.Capability;
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

/** The device of one rank. */
final class GpuDevice implements Device {
  private final GpuContext context;
  private final RankState state;

  GpuDevice(GpuContext context, int rank) {
    this.context = context;
    this.state = context.rank(rank);
  }

  @Override
  public int rank() {
    return state.index();
  }

  @Override
  public DeviceInfo info() {
    return state.info();
  }

  @Override
  public Stream newStream(String name, int priority) {
    context.requireOpen();
    GpuStream stream = new GpuStream(context, state.index(), name, priority);
    stream.opened();
    return stream;
  }

  @Override
  public Event newEvent(boolean timed) {
    context.requireOpen();
    if (timed) {
      context.require(Capability.TIMED_EVENTS, "a timed event");
    }
    GpuEvent event = new GpuEvent(context, state.index(), timed);
    event.opened();
    return event;
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    context.requireOpen();
    MemoryChecks.requireSize("bytes", bytes);
    GpuBuffer buffer = new GpuBuffer(context, state.index(), bytes);
    buffer.opened();
    return buffer;
  }

  @Override
  public void upload(DeviceMemory target, long offset, ByteBuffer source) {
    long to = at("target", target, offset, source.remaining());
    try {
      state.upload(to, source);
    } catch (NativeException e) {
      throw context.failed(state.index(), "upload", e);
    }
    source.position(source.limit());
  }

  @Override
  public void download(DeviceMemory source, long offset, ByteBuffer target) {
    if (target.isReadOnly()) {
      throw new InvalidArgumentException("target", target, "be writable");
    }
    long from = at("source", source, offset, target.remaining());
    try {
      state.download(from, target);
    } catch (NativeException e) {
      throw context.failed(state.index(), "download", e);
    }
  }

  private long at(String argument, DeviceMemory memory, long offset, long bytes) {
    context.requireOpen();
    MemoryChecks.requireOn(argument, memory, state.index());
    return MemoryChecks.address(argument, memory, offset, bytes);
  }

  @Override
  public void synchronize(Duration deadline) {
    context.requireOpen();
    context.faults.check();
    long start = System.nanoTime();
    long nanos = Duration64.nanos(deadline);
    for (GpuStream stream : state.streams()) {
      if (!stream.awaitIdle(nanos - (System.nanoTime() - start), true)) {
        throw new DeadlineExceededException(
            "rank " + state.index() + " (" + stream + ")", deadline);
      }
    }
    context.faults.check();
  }
}
