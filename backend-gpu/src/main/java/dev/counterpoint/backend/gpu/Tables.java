package dev.counterpoint.backend.gpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one prepared object, gathered on the host and then brought to the device in one
 * allocation. Positions are given out while gathering; they become addresses by {@link #upload}.
 */
final class Tables {
  private static final int ALIGNMENT = 16;
  private final List<ByteBuffer> parts = new ArrayList<>();
  private int size;
  private long base;
  private boolean uploaded;

  /** A direct buffer in native byte order. */
  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private int add(ByteBuffer part) {
    int position = size;
    parts.add(part);
    size = Math.addExact(position, (part.capacity() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return position;
  }

  /** A table of ints; −1 for none. */
  int ints(int @Nullable [] values) {
    if (values == null) {
      return -1;
    }
    ByteBuffer part = buffer(values.length * Integer.BYTES);
    part.asIntBuffer().put(values);
    return add(part);
  }

  /** A table of longs; −1 for none. */
  int longs(long @Nullable [] values) {
    if (values == null) {
      return -1;
    }
    ByteBuffer part = buffer(Math.multiplyExact(values.length, Long.BYTES));
    part.asLongBuffer().put(values);
    return add(part);
  }

  /** Zeroed words of four bytes. */
  int zeros(int words) {
    return add(buffer(Math.multiplyExact(words, Integer.BYTES)));
  }

  /** Brings everything to a rank's device. */
  void upload(RankState rank, String what) {
    base = rank.memory().allocate(what, size);
    uploaded = true;
    ByteBuffer all = buffer(size);
    int position = 0;
    for (ByteBuffer part : parts) {
      all.position(position);
      all.put(part.duplicate().clear());
      position += (part.capacity() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    rank.upload(base, all.clear());
    parts.clear();
  }

  /** The address of a table; 0 for none, which is how kernels know. */
  long address(int position) {
    return position < 0 ? 0 : base + position;
  }

  void free(RankState rank) {
    if (uploaded) {
      uploaded = false;
      rank.memory().free(base);
    }
  }
}
