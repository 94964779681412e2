package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.InvalidArgumentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Off-heap memory of one backend, aligned to 256 bytes, accounted for, and refused while refusing
 * is still possible: beyond what the machine has left, the kernel would end the process instead.
 */
final class NativeMemory {
  private static final int ALIGNMENT = 256;

  /** What is left to the rest of the machine. */
  private static final long RESERVE = 64L << 20;

  /**
   * Of all open backends together: pages that nobody has touched yet do not show in the machine's
   * numbers.
   */
  private static final AtomicLong PROCESS_BYTES = new AtomicLong();

  private static final long PHYSICAL = physicalBytes();
  private final Map<Long, Block> blocks = new ConcurrentHashMap<>();

  private volatile boolean givenUp;

  private record Block(long raw, long bytes) {}

  /** Total memory of the machine. */
  static long physical() {
    return PHYSICAL;
  }

  /**
   * Allocates memory.
   *
   * @param what for the error message
   * @return its address
   */
  long allocate(String what, long bytes) {
    if (bytes < 0) {
      throw new InvalidArgumentException("bytes", bytes, "not be negative");
    }
    requireAvailable(what, bytes, 1);
    long raw;
    try {
      raw = OffHeap.allocate(Math.max(bytes, 1) + ALIGNMENT);
    } catch (OutOfMemoryError e) {
      throw new DeviceMemoryException(
          what + " needs " + bytes + " bytes, which malloc refused", bytes, e);
    }
    long address = (raw + ALIGNMENT - 1) & -ALIGNMENT;
    blocks.put(address, new Block(raw, bytes));
    PROCESS_BYTES.addAndGet(bytes);
    return address;
  }

  long allocateZeroed(String what, long bytes) {
    long address = allocate(what, bytes);
    OffHeap.fill(address, bytes, (byte) 0);
    return address;
  }

  /** From now on nothing is freed. */
  void giveUp() {
    givenUp = true;
  }

  void free(long address) {
    if (givenUp) {
      return;
    }
    Block block = blocks.remove(address);
    if (block != null) {
      PROCESS_BYTES.addAndGet(-block.bytes());
      OffHeap.free(block.raw());
    }
  }

  /** Frees all that is left. */
  void freeAll() {
    blocks.keySet().forEach(this::free);
  }

  /** Throws unless {@code copies} allocations of that size can be met. */
  static void requireAvailable(String what, long bytes, int copies) {
    long available = Math.min(availableBytes(), PHYSICAL - PROCESS_BYTES.get()) - RESERVE;
    if (bytes > available / copies) {
      throw new DeviceMemoryException(
          what
              + " needs "
              + (copies > 1 ? copies + " × " : "")
              + bytes
              + " bytes, but only "
              + Math.max(0, available)
              + " of the machine's "
              + PHYSICAL
              + " bytes are available; use smaller shapes or fewer ranks",
          bytes,
          null);
    }
  }

  /** What could be allocated without swapping, by the kernel's own estimate. */
  static long availableBytes() {
    return meminfo("MemAvailable:", PHYSICAL / 2);
  }

  private static long physicalBytes() {
    return meminfo("MemTotal:", Runtime.getRuntime().maxMemory());
  }

  private static long meminfo(String key, long otherwise) {
    Path file = Path.of("/proc/meminfo");
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
    } catch (IOException | NumberFormatException e) {
      return otherwise; // not Linux: the numbers are a guess, and malloc has the last word
    }
    return otherwise;
  }
}
