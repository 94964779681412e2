package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.spi.FaultRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first fault of one open backend, and the flag that makes every wait leave. */
final class FaultBoard {
  private static final Logger log = LoggerFactory.getLogger(FaultBoard.class);
  private final AtomicReference<@Nullable FaultRecord> first = new AtomicReference<>();
  private final List<Bell> bells = new CopyOnWriteArrayList<>();
  private volatile boolean raised;

  /** Rings this bell when a fault is raised. */
  Bell register(Bell bell) {
    bells.add(bell);
    return bell;
  }

  void unregister(Bell bell) {
    bells.remove(bell);
  }

  /** Records a fault; only the first is kept. */
  void raise(FaultRecord fault) {
    if (first.compareAndSet(null, fault)) {
      raised = true;
      log.debug("the world failed: {}", fault.describe());
    }
    bells.forEach(Bell::ring);
  }

  /** Turns what a command threw into a fault. */
  void raise(int rank, String operation, String what, Throwable thrown) {
    if (first.get() == null) {
      log.warn("{} threw on rank {}", what, rank, thrown);
    }
    raise(
        new FaultRecord(
            FaultRecord.Kind.NATIVE_ERROR, rank, operation, what, -1, 0, 0, 0, thrown.toString()));
  }

  boolean raised() {
    return raised;
  }

  Optional<FaultRecord> first() {
    return Optional.ofNullable(first.get());
  }

  /** Unwinds a device thread if the world has failed. */
  void leaveIfRaised() {
    if (raised) {
      throw WorldFailed.INSTANCE;
    }
  }

  /** Throws the first fault at a caller. */
  void check() {
    if (raised) {
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
