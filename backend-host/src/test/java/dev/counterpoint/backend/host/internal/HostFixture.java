package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.backend.host.HostBackendProvider;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** An open host backend with one stream for each rank, and what tests need to move numbers. */
final class HostFixture implements AutoCloseable {
  static final Duration DEADLINE = Duration.ofSeconds(20);

  final Backend backend;
  private final List<Stream> streams = new ArrayList<>();
  private final List<AutoCloseable> owned = new ArrayList<>();

  private HostFixture(int ranks, Duration timeout, Map<String, String> properties) {
    backend =
        new HostBackendProvider()
            .open(new BackendOptions(ranks, Bootstrap.singleProcess(), timeout, properties));
    for (int rank = 0; rank < ranks; rank++) {
      streams.add(own(backend.device(rank).newStream("main", 0)));
    }
  }

  static HostFixture open(int ranks, String... properties) {
    return open(ranks, Duration.ofSeconds(10), properties);
  }

  static HostFixture open(int ranks, Duration timeout, String... properties) {
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < properties.length; i += 2) {
      map.put(properties[i], properties[i + 1]);
    }
    return new HostFixture(ranks, timeout, map);
  }

  Stream stream(int rank) {
    return streams.get(rank);
  }

  <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  void synchronize() {
    streams.forEach(stream -> stream.synchronize(DEADLINE));
  }

  DeviceMemory allocate(int rank, long bytes) {
    DeviceBuffer buffer = own(backend.device(rank).allocate(bytes));
    return buffer.memory();
  }

  DeviceMemory upload(int rank, DType dtype, float[] values) {
    DeviceMemory memory = allocate(rank, (long) values.length * dtype.bytes());
    write(memory, 0, dtype, values);
    return memory;
  }

  void write(DeviceMemory memory, long offset, DType dtype, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.nativeOrder());
    for (float value : values) {
      int bits = dtype.encode(value);
      switch (dtype.bytes()) {
        case 1 -> bytes.put((byte) bits);
        case 2 -> bytes.putShort((short) bits);
        default -> bytes.putInt(bits);
      }
    }
    backend.device(memory.rank()).upload(memory, offset, bytes.flip());
  }

  byte[] bytes(DeviceMemory memory, long offset, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    backend.device(memory.rank()).download(memory, offset, bytes);
    return bytes.array();
  }

  double[] read(DeviceMemory memory, long offset, DType dtype, int count) {
    ByteBuffer bytes =
        ByteBuffer.wrap(bytes(memory, offset, count * dtype.bytes()))
            .order(ByteOrder.nativeOrder());
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          switch (dtype.bytes()) {
            case 1 -> dtype.decode(bytes.get());
            case 2 -> dtype.decode(bytes.getShort());
            default -> dtype == DType.INT32 ? bytes.getInt() : dtype.decode(bytes.getInt());
          };
    }
    return values;
  }

  /** Values that every type but the coarsest holds exactly, and INT8 as integers. */
  static float[] random(DType dtype, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float value =
          dtype.isFloating() ? (float) random.nextDouble(-1, 1) : random.nextInt(-128, 128);
      values[i] = dtype == DType.INT32 ? value : dtype.decode(dtype.encode(value));
    }
    return values;
  }

  @Override
  public void close() {
    List<AutoCloseable> newestFirst = new ArrayList<>(owned);
    java.util.Collections.reverse(newestFirst);
    for (AutoCloseable resource : newestFirst) {
      try {
        resource.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    backend.close();
  }
}
