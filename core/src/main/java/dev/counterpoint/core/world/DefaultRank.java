package dev.counterpoint.core.world;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Shape;
import dev.counterpoint.Tensor;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One local rank: its device, the stream that users see, and the side streams that its plans share.
 */
final class DefaultRank implements Rank {
  private final DefaultWorld world;
  private final int index;
  private final Device device;
  private final Stream stream;

  DefaultRank(DefaultWorld world, int index, Device device) {
    this.world = world;
    this.index = index;
    this.device = device;
    this.stream = device.newStream("main", 0);
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public DefaultWorld world() {
    return world;
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public Stream stream() {
    return stream;
  }

  @Override
  public Tensor allocate(DType dtype, int rows, int cols) {
    world.requireOpen();
    Shape shape = new Shape(rows, cols);
    if (shape.elements() > Long.MAX_VALUE / 8) {
      throw new InvalidArgumentException("rows × cols", shape, "fit in memory");
    }
    DeviceBuffer buffer = device.allocate(shape.elements() * dtype.bytes());
    Allocation access = new Allocation(buffer);
    world.tensors().add(access);
    return Tensor.over(this, dtype, rows, cols, cols, buffer.memory(), access);
  }

  @Override
  public Tensor wrap(long address, DType dtype, int rows, int cols, int rowStride) {
    world.requireOpen();
    Shape shape = new Shape(rows, cols);
    if (rowStride < cols) {
      throw new InvalidArgumentException(
          "rowStride", rowStride, "be at least the number of columns, " + cols);
    }
    if (address == 0 && shape.elements() > 0) {
      throw new InvalidArgumentException("address", 0, "be the address of device memory");
    }
    // Also without columns: plans name rows by their offsets, which must lie within the memory.
    long bytes = shape.extentBytes(rowStride, dtype);
    return Tensor.over(
        this,
        dtype,
        rows,
        cols,
        rowStride,
        new DeviceMemory(index, address, bytes),
        new Allocation(null));
  }

  @Override
  public String toString() {
    return "rank " + index + " of " + world;
  }

  /** Moves bytes for one tensor and frees what backs it, in the order of the rank's stream. */
  final class Allocation implements Tensor.Access, AutoCloseable {
    private final @Nullable DeviceBuffer buffer;

    Allocation(@Nullable DeviceBuffer buffer) {
      this.buffer = buffer;
    }

    @Override
    public void upload(Rank rank, DeviceMemory target, long offset, ByteBuffer source) {
      settle();
      device.upload(target, offset, source);
    }

    @Override
    public void download(Rank rank, DeviceMemory source, long offset, ByteBuffer target) {
      settle();
      device.download(source, offset, target);
    }

    @Override
    public void free() {
      if (buffer != null && world.tensors().remove(this)) {
        world.settleQuietly(DefaultRank.this);
        buffer.close();
      }
    }

    @Override
    public void close() {
      if (buffer != null) {
        buffer.close();
      }
    }

    private void settle() {
      if (world.isClosed()) {
        throw new ResourceClosedException(world.toString());
      }
      stream.synchronize(world.patience());
    }
  }
}
