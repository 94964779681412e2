package dev.counterpoint.backend.gpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory of the host that kernels write while they run: the flag by which a world fails, one fault
 * record for each rank, and a few words to pass values through.
 */
final class HostPage {
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final int ABORT = 0;
  private static final int ONE = 64;
  private static final int FIRST_RANK = 256;
  private static final int RANK_BYTES = 256;
  private static final int WORD = 128;

  private final Driver driver;
  private final int ordinal;
  private final long context;
  private final long address;
  private final ByteBuffer bytes;

  /** A page for so many ranks, through the context of one of their devices, which it keeps. */
  HostPage(Driver driver, int ordinal, int ranks) {
    this.driver = driver;
    this.ordinal = ordinal;
    context = driver.retainContext(ordinal);
    driver.use(context);
    int size = FIRST_RANK + ranks * RANK_BYTES;
    address = driver.allocateHost(size);
    bytes = driver.hostBuffer(address, size);
    INT.setRelease(bytes, ONE, 1);
  }

  /** Address of the flag. */
  long abortAddress() {
    return address + ABORT;
  }

  /** Address of a word that is always 1. */
  long oneAddress() {
    return address + ONE;
  }

  /** Whether the world has failed, as far as any device or the host has said. */
  boolean aborted() {
    return (int) INT.getAcquire(bytes, ABORT) != 0;
  }

  void raiseAbort() {
    INT.setRelease(bytes, ABORT, 1);
  }

  private static int record(int rank) {
    return FIRST_RANK + rank * RANK_BYTES;
  }

  long recordAddress(int rank) {
    return address + record(rank);
  }

  /** Whether a rank's record is complete. */
  boolean hasRecord(int rank) {
    return (int) INT.getAcquire(bytes, record(rank) + FaultRecordLayout.STATE) != 0;
  }

  int recordInt(int rank, int field) {
    return bytes.getInt(record(rank) + field);
  }

  long recordLong(int rank, int field) {
    return bytes.getLong(record(rank) + field);
  }

  /** Address of a word through which values of a rank's device pass; its user holds a lock. */
  long wordAddress(int rank) {
    return address + record(rank) + WORD;
  }

  long word(int rank) {
    return (long) LONG.getAcquire(bytes, record(rank) + WORD);
  }

  void free() {
    driver.use(context);
    driver.freeHost(address);
    driver.releaseContext(ordinal);
  }
}
