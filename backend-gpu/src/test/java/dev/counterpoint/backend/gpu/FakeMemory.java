package dev.counterpoint.backend.gpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/** Addresses and what lies there: memory of fake devices, and buffers of the host. */
final class FakeMemory {
  private final TreeMap<Long, ByteBuffer> ranges = new TreeMap<>();
  private long next = 0x7f00_0000_0000L;

  synchronized long allocate(long bytes) {
    ByteBuffer buffer = ByteBuffer.allocate((int) bytes).order(ByteOrder.nativeOrder());
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (byte) 0xa5);
    }
    return register(buffer);
  }

  synchronized long register(ByteBuffer buffer) {
    for (Map.Entry<Long, ByteBuffer> range : ranges.entrySet()) {
      if (range.getValue() == buffer) {
        return range.getKey();
      }
    }
    long address = next;
    next += (buffer.capacity() + 511L) / 256 * 256;
    ranges.put(address, buffer);
    return address;
  }

  /** A buffer of the host, however many views of it there are. */
  synchronized long registerView(ByteBuffer buffer) {
    for (Map.Entry<Long, ByteBuffer> range : ranges.entrySet()) {
      if (range.getValue().isDirect() && sameBytes(range.getValue(), buffer)) {
        return range.getKey();
      }
    }
    return register(buffer.duplicate().clear().order(ByteOrder.nativeOrder()));
  }

  /** Whether two direct buffers are views of the same bytes: what one writes the other reads. */
  private static boolean sameBytes(ByteBuffer a, ByteBuffer b) {
    if (a.capacity() != b.capacity() || a.capacity() == 0) {
      return false;
    }
    byte was = a.get(0);
    if (b.get(0) != was) {
      return false;
    }
    a.put(0, (byte) (was + 1));
    boolean same = b.get(0) != was;
    a.put(0, was);
    return same;
  }

  synchronized void put(long address, ByteBuffer buffer) {
    ranges.put(address, buffer);
  }

  /** Copies as much as there is. */
  synchronized void copyAvailable(long target, long source, int most) {
    var from = at(source, 1);
    long there = from.getKey() + from.getValue().capacity() - source;
    copy(target, source, Math.min(most, there));
  }

  synchronized boolean free(long address) {
    return ranges.remove(address) != null;
  }

  synchronized int count() {
    return ranges.size();
  }

  private synchronized Map.Entry<Long, ByteBuffer> at(long address, long bytes) {
    Map.Entry<Long, ByteBuffer> range = ranges.floorEntry(address);
    if (range == null || address + bytes > range.getKey() + range.getValue().capacity()) {
      throw new AssertionError(
          "illegal address 0x" + Long.toHexString(address) + " of " + bytes + " bytes");
    }
    return range;
  }

  byte getByte(long address) {
    var range = at(address, 1);
    return range.getValue().get((int) (address - range.getKey()));
  }

  void putByte(long address, byte value) {
    var range = at(address, 1);
    range.getValue().put((int) (address - range.getKey()), value);
  }

  int getInt(long address) {
    var range = at(address, 4);
    return range.getValue().getInt((int) (address - range.getKey()));
  }

  void putInt(long address, int value) {
    var range = at(address, 4);
    range.getValue().putInt((int) (address - range.getKey()), value);
  }

  long getLong(long address) {
    var range = at(address, 8);
    return range.getValue().getLong((int) (address - range.getKey()));
  }

  void putLong(long address, long value) {
    var range = at(address, 8);
    range.getValue().putLong((int) (address - range.getKey()), value);
  }

  synchronized void copy(long target, long source, long bytes) {
    if (bytes == 0) {
      return;
    }
    var from = at(source, bytes);
    var to = at(target, bytes);
    byte[] copy = new byte[(int) bytes];
    from.getValue().get((int) (source - from.getKey()), copy);
    to.getValue().put((int) (target - to.getKey()), copy);
  }
}
