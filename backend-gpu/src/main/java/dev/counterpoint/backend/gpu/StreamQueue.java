package dev.counterpoint.backend.gpu;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.NativeException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Bounds what a stream has in flight, so that the driver's own queue is never full (rule STR-2): a
 * caller that waits for room there waits without bound, behind a stream that a fault holds even for
 * ever, and with the lock of the device's context in its hand.
 *
 * <p>Every {@value #STRIDE} items an event is recorded; the caller waits here for the one recorded
 * {@value #MILESTONES} events before.
 */
final class StreamQueue {
  private static final int STRIDE = 128;
  private static final int MILESTONES = 3;
  private static final long PAUSE_NANOS = 20_000;

  private final GpuContext context;
  private final GpuStream stream;
  private final long[] milestones = new long[MILESTONES];
  private int items;

  StreamQueue(GpuContext context, GpuStream stream) {
    this.context = context;
    this.stream = stream;
  }

  /** (hot) Before something is enqueued that is not captured. */
  void enter() {
    if (++items % STRIDE == 0) {
      pass((items / STRIDE & Integer.MAX_VALUE) % MILESTONES);
    }
  }

  private void pass(int place) {
    try {
      if (milestones[place] == 0) {
        milestones[place] = context.driver.createEvent(false);
      } else {
        awaitRoom(milestones[place]);
      }
      context.driver.record(milestones[place], stream.handle(), false);
    } catch (NativeException e) {
      throw stream.failed(e);
    }
  }

  private void awaitRoom(long milestone) {
    long start = System.nanoTime();
    while (!context.driver.isComplete(milestone)) {
      context.faults.check();
      if (System.nanoTime() - start > context.options.waitNanos()) {
        throw new DeadlineExceededException(
            "room in " + stream, Duration.ofNanos(context.options.waitNanos()));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Releases the events; the caller's thread uses the stream's device. */
  void close() {
    for (long milestone : milestones) {
      if (milestone != 0) {
        context.driver.destroyEvent(milestone);
      }
    }
  }
}
