package dev.counterpoint.backend.gpu;

import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.FaultRecord;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first fault of one open backend. Devices report theirs through {@link HostPage}; raising one
 * from the host sets the flags that every bounded wait on every device polls.
 */
final class FaultBoard {
  private static final Logger log = LoggerFactory.getLogger(FaultBoard.class);
  private static final String[] SITES = {
    "",
    "gate of a tile",
    "permission to store",
    "wait of a stream",
    "barrier",
    "gate of a block",
    "part of a rank"
  };

  private final HostPage page;
  private final int ranks;
  private final Names operations;
  private final Names arrays;
  private final Runnable raiseOnDevices;
  private final AtomicReference<@Nullable FaultRecord> first = new AtomicReference<>();

  /**
   * Creates the board.
   *
   * @param raiseOnDevices sets the flag in each device's own memory; must not throw
   */
  FaultBoard(HostPage page, int ranks, Names operations, Names arrays, Runnable raiseOnDevices) {
    this.page = page;
    this.ranks = ranks;
    this.operations = operations;
    this.arrays = arrays;
    this.raiseOnDevices = raiseOnDevices;
  }

  /** Records a fault that the host noticed; only the first is kept. True if it was. */
  boolean raise(FaultRecord fault) {
    collect();
    boolean mine = first.compareAndSet(null, fault);
    page.raiseAbort();
    if (mine) {
      log.debug("the world failed: {}", fault.describe());
      raiseOnDevices.run();
    }
    return mine;
  }

  /**
   * Records that a native call failed and gives the exception to throw: that of the first fault.
   */
  DeviceFaultException nativeError(int rank, String operation, NativeException e) {
    String detail = e.getMessage();
    raise(
        new FaultRecord(
            FaultRecord.Kind.NATIVE_ERROR,
            rank,
            operation,
            e.function(),
            -1,
            0,
            0,
            0,
            detail == null ? e.statusName() : detail));
    DeviceFaultException failure = failure();
    failure.addSuppressed(e);
    return failure;
  }

  /** Whether the world has failed; one read of host memory while it has not. */
  boolean raised() {
    if (first.get() != null) {
      return true;
    }
    return page.aborted() && collect();
  }

  /** Takes over what a device reported. True if there is a fault now. */
  private boolean collect() {
    for (int rank = 0; rank < ranks && first.get() == null && page.aborted(); rank++) {
      if (page.hasRecord(rank) && first.compareAndSet(null, fromDevice(rank))) {
        FaultRecord fault = first.get();
        log.debug("the world failed: {}", fault == null ? "" : fault.describe());
        raiseOnDevices.run();
      }
    }
    return first.get() != null;
  }

  private FaultRecord fromDevice(int rank) {
    int site = page.recordInt(rank, FaultRecordLayout.SITE);
    String array = arrays.name(page.recordInt(rank, FaultRecordLayout.ARRAY));
    String where = site > 0 && site < SITES.length ? SITES[site] : "wait";
    return new FaultRecord(
        FaultRecord.Kind.WAIT_EXPIRED,
        rank,
        operations.name(page.recordInt(rank, FaultRecordLayout.OPERATION)),
        "signal '" + array + "' word " + page.recordLong(rank, FaultRecordLayout.WORD),
        page.recordLong(rank, FaultRecordLayout.TILE),
        page.recordLong(rank, FaultRecordLayout.SEEN),
        page.recordLong(rank, FaultRecordLayout.WANTED),
        page.recordLong(rank, FaultRecordLayout.ELAPSED_NANOS) / 1_000_000,
        where);
  }

  Optional<FaultRecord> first() {
    return raised() ? Optional.ofNullable(first.get()) : Optional.empty();
  }

  /** Throws the first fault at a caller, if there is one. */
  void check() {
    if (raised()) {
      throw failure();
    }
  }

  /** The exception that carries the first fault. */
  DeviceFaultException failure() {
    FaultRecord fault = first.get();
    if (fault == null) {
      throw new AssertionError("no fault was raised");
    }
    return new DeviceFaultException(fault);
  }
}
