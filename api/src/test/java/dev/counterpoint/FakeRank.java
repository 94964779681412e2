package dev.counterpoint;

import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A rank whose memory is an array: enough of one for tensors. */
final class FakeRank implements Rank, Tensor.Access {
  final byte[] memory;
  final List<String> transfers = new ArrayList<>();
  int freed;

  FakeRank(int bytes) {
    memory = new byte[bytes];
  }

  /** A tensor whose element 0 is at byte {@code at} of the array. */
  Tensor tensor(DType dtype, int rows, int cols, int rowStride, int at) {
    return Tensor.over(
        this, dtype, rows, cols, rowStride, new DeviceMemory(2, at, memory.length - at), this);
  }

  @Override
  public void upload(Rank rank, DeviceMemory target, long offset, ByteBuffer source) {
    transfers.add("up " + source.remaining());
    DeviceMemory range = target.slice(offset, source.remaining());
    source.get(memory, (int) range.address(), source.remaining());
  }

  @Override
  public void download(Rank rank, DeviceMemory source, long offset, ByteBuffer target) {
    transfers.add("down " + target.remaining());
    DeviceMemory range = source.slice(offset, target.remaining());
    target.duplicate().put(memory, (int) range.address(), target.remaining()); // position stays
  }

  @Override
  public void free() {
    freed++;
  }

  @Override
  public int index() {
    return 2;
  }

  @Override
  public World world() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Device device() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Stream stream() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Tensor allocate(DType dtype, int rows, int cols) {
    return tensor(dtype, rows, cols, cols, 0);
  }

  @Override
  public Tensor wrap(long address, DType dtype, int rows, int cols, int rowStride) {
    return tensor(dtype, rows, cols, rowStride, (int) address);
  }
}
