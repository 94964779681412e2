package dev.counterpoint.backend.gpu;

import dev.counterpoint.DeviceMemoryException;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.support.Sizes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Allocations on one rank's device.
 *
 * <p>The driver waits for the device before it frees, which would hold up a caller behind work that
 * waits for something the caller has yet to do; and it does not wait for peers, whose work may
 * still read or write the memory. So memory that is given up while any device of the world works is
 * freed later: when next something is allocated or given up and all are found idle.
 */
final class Memory {
  private static final Logger log = LoggerFactory.getLogger(Memory.class);

  /** What the driver's allocations are aligned to, and the unit in which sizes are counted. */
  static final long ALIGNMENT = 256;

  private final RankState rank;
  private final Set<Long> live = new HashSet<>();
  private final List<Long> givenUp = new ArrayList<>();

  Memory(RankState rank) {
    this.rank = rank;
  }

  /** Allocates; the memory's content is not defined. */
  long allocate(String what, long bytes) {
    return allocate(what, bytes, rank.driver()::allocate);
  }

  /** Allocates what other devices and the host change while kernels of this one look at it. */
  long allocateShared(String what, long bytes) {
    return allocate(what, bytes, rank.driver()::allocateShared);
  }

  private synchronized long allocate(String what, long bytes, LongUnaryOperator allocator) {
    long size = Math.max(ALIGNMENT, bytes);
    if (size > Long.MAX_VALUE - ALIGNMENT) {
      throw exhausted(what, bytes, null);
    }
    rank.use();
    sweep();
    try {
      return keep(allocator.applyAsLong(size));
    } catch (NativeException e) {
      if (!rank.driver().isOutOfMemory(e)) {
        throw e;
      }
      return again(what, bytes, size, allocator, e);
    }
  }

  /** Once more, when memory that was given up has come free. */
  private long again(
      String what, long bytes, long size, LongUnaryOperator allocator, NativeException first) {
    if (!givenUp.isEmpty() && rank.awaitAllIdle()) {
      freeGivenUp();
      try {
        return keep(allocator.applyAsLong(size));
      } catch (NativeException e) {
        throw exhausted(what, bytes, e);
      }
    }
    throw exhausted(what, bytes, first);
  }

  private long keep(long address) {
    live.add(address);
    return address;
  }

  private DeviceMemoryException exhausted(
      String what, long bytes, @org.jspecify.annotations.Nullable NativeException cause) {
    String there = "";
    try {
      long[] memory = rank.driver().memory();
      there = "; " + Sizes.text(memory[0]) + " of " + Sizes.text(memory[1]) + " are free";
    } catch (NativeException e) {
      log.debug("the device does not say how much memory is free", e);
    }
    return new DeviceMemoryException(
        "rank "
            + rank.index()
            + " (device "
            + rank.ordinal()
            + ") cannot provide "
            + bytes
            + " bytes for "
            + what
            + there
            + "; close what is not needed, or choose a smaller problem",
        bytes,
        cause);
  }

  /** Gives memory up; it is freed once all devices are idle. */
  synchronized void free(long address) {
    if (live.remove(address)) {
      givenUp.add(address);
      sweep();
    }
  }

  private void sweep() {
    if (!givenUp.isEmpty() && rank.areAllIdle()) {
      freeGivenUp();
    }
  }

  private void freeGivenUp() {
    rank.use();
    for (long address : givenUp) {
      freeNow(address);
    }
    givenUp.clear();
  }

  private void freeNow(long address) {
    try {
      rank.driver().free(address);
    } catch (NativeException e) {
      log.debug("memory of {} could not be freed", rank, e);
    }
  }

  /** Frees everything; the device must be idle. */
  synchronized void freeAll() {
    rank.use();
    freeGivenUp();
    live.forEach(this::freeNow);
    live.clear();
  }
}
