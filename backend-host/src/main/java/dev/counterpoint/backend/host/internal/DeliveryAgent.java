package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Carries what kernels of one rank store to peers over the simulated link: the computing thread
 * hands over a copy and goes on; the agent waits out the link's time, copies into the peer, and
 * only then raises the signal. First in, first out.
 */
final class DeliveryAgent {
  private static final int CAPACITY = 256;
  private static final long SMALLEST_MESSAGE = 8;
  private static final long SLICE_MILLIS = 50;

  private final HostContext context;
  private final int rank;
  private final List<Parcel> parcels = new ArrayList<>();
  private long head;
  private long tail;
  private boolean stopped;
  private @Nullable Thread thread;

  /**
   * What is to be carried; the source must stay as it is until it has been delivered. Mutable and
   * reused.
   */
  static final class Parcel {
    int peer;
    long source;
    long rowBytes;
    int rows;
    long sourcePitch;
    long target;
    long targetPitch;
    @Nullable HostSignalArray post;
    int owner;
    int word;

    String name = "";
    private String operation = "";
    private long sentAt;
    private long due;
    private @Nullable Deliveries of;

    private void copyFrom(Parcel other) {
      peer = other.peer;
      source = other.source;
      rowBytes = other.rowBytes;
      rows = other.rows;
      sourcePitch = other.sourcePitch;
      target = other.target;
      targetPitch = other.targetPitch;
      post = other.post;
      owner = other.owner;
      word = other.word;
      name = other.name;
    }

    long bytes() {
      return rowBytes * rows;
    }
  }

  DeliveryAgent(HostContext context, int rank) {
    this.context = context;
    this.rank = rank;
  }

  /** Sends a parcel, once there is room for it; that only takes the agent's own, bounded work. */
  synchronized void send(Execution by, Deliveries of, Parcel parcel) {
    start();
    while (tail - head >= CAPACITY) {
      context.faults.leaveIfRaised();
      pause();
    }
    Parcel mine = parcels.get((int) (tail % CAPACITY));
    mine.copyFrom(parcel);
    mine.operation = by.operation;
    mine.of = of;
    mine.sentAt = System.nanoTime();
    long bytes = Math.max(SMALLEST_MESSAGE, parcel.bytes());
    mine.due =
        context.link.reserve(rank, mine.peer, bytes, mine.sentAt) + context.link.latencyNanos();
    of.sent();
    tail++;
    notifyAll();
  }

  @SuppressWarnings("WaitNotInLoop") // the callers loop
  private void pause() {
    try {
      wait(SLICE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("a device thread was interrupted", e);
    }
  }

  private void start() {
    if (thread != null) {
      return;
    }
    for (int i = 0; i < CAPACITY; i++) {
      parcels.add(new Parcel());
    }
    Execution execution = new Execution(context, rank, "link");
    Thread agent = new Thread(() -> work(execution), "counterpoint-host-" + rank + "-link");
    agent.setDaemon(true);
    agent.start();
    thread = agent;
  }

  private void work(Execution execution) {
    while (true) {
      Parcel parcel;
      synchronized (this) {
        while (head == tail && !stopped) {
          pause();
        }
        if (head == tail) {
          return;
        }
        parcel = parcels.get((int) (head % CAPACITY));
      }
      deliver(parcel, execution);
      Deliveries of = parcel.of;
      synchronized (this) {
        head++;
        notifyAll();
      }
      if (of != null) {
        of.delivered();
      }
    }
  }

  private void deliver(Parcel parcel, Execution execution) {
    execution.operation = parcel.operation;
    try {
      context.faults.leaveIfRaised();
      Pace.until(parcel.due, context.faults);
      execution.chaos.delay();
      OffHeap.copyRows(
          parcel.source,
          parcel.sourcePitch,
          parcel.target,
          parcel.targetPitch,
          parcel.rowBytes,
          parcel.rows);
      if (parcel.post != null) {
        parcel.post.add(parcel.owner, parcel.word, 1);
      }
      if (execution.tracing()) {
        execution.span(TraceEvent.Kind.TRANSFER, parcel.name + " → " + parcel.peer, parcel.sentAt);
      }
    } catch (WorldFailed e) {
      // dropped
    } catch (Throwable e) {
      context.faults.raise(rank, parcel.operation, "the delivery agent of rank " + rank, e);
    }
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** Its thread, if it has one. */
  synchronized List<Thread> threads() {
    return thread == null ? List.of() : List.of(thread);
  }
}
