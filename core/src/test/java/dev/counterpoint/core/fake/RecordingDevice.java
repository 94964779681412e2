package dev.counterpoint.core.fake;

import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A device without memory: it hands out addresses and writes down what is done. */
final class RecordingDevice implements Device {
  private final Journal journal;
  private final int rank;
  private final int units;
  private final boolean emulated;
  private int events;
  private int buffers;
  private RuntimeException synchronizeFailure;

  RecordingDevice(Journal journal, int rank, int units, boolean emulated) {
    this.journal = journal;
    this.rank = rank;
    this.units = units;
    this.emulated = emulated;
  }

  void failSynchronize(RuntimeException failure) {
    synchronizeFailure = failure;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(rank, "recorder", "none", 1L << 30, units, emulated);
  }

  @Override
  public Stream newStream(String name, int priority) {
    return new RecordingStream(journal, rank, name);
  }

  @Override
  public Event newEvent(boolean timed) {
    return new RecordingStream.Point(journal, rank, ++events);
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    return new Buffer("buffer " + ++buffers, bytes);
  }

  private final class Buffer implements DeviceBuffer {
    private final DeviceMemory memory;
    private boolean closed;

    Buffer(String name, long bytes) {
      journal.open(this, name + "@" + rank);
      memory = journal.memory(name, rank, bytes);
    }

    @Override
    public DeviceMemory memory() {
      if (closed) {
        throw new ResourceClosedException("buffer");
      }
      return memory;
    }

    @Override
    public void close() {
      closed = true;
      journal.close(this);
    }
  }

  @Override
  public void upload(DeviceMemory target, long offset, ByteBuffer source) {
    journal.step(rank, "device", "upload " + source.remaining(), new Work.Label(""));
  }

  @Override
  public void download(DeviceMemory source, long offset, ByteBuffer target) {
    journal.step(rank, "device", "download " + target.remaining(), new Work.Label(""));
  }

  @Override
  public void synchronize(Duration deadline) {
    journal.step(rank, "device", "synchronize", new Work.Label(""));
    journal.execute();
    if (synchronizeFailure != null) {
      throw synchronizeFailure;
    }
  }
}
