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
  private static final long STAGING_BYTES = 16L << 20;
  private static final long SMALLEST_MESSAGE = 8;
  private static final long SLICE_MILLIS = 50;

  private final HostContext context;
  private final int rank;
  private final List<Parcel> parcels = new ArrayList<>();
  private long head;
  private long tail;
  private long staging;
  private long staged;
  private long freed;
  private boolean stopped;
  private @Nullable Thread thread;

  /** What is to be carried. Mutable and reused. */
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

    /** The source stays as it is until the parcel has been delivered; no copy is needed. */
    boolean stable;

    String name = "";
    private String operation = "";
    private long sentAt;
    private long due;
    private long stagedEnd;
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
      stable = other.stable;
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

  /** Sends a parcel whose data may be overwritten on return, unless it is said to be stable. */
  void send(Execution by, Deliveries of, Parcel parcel) {
    if (!parcel.stable && parcel.bytes() > STAGING_BYTES / 2) {
      carryAtOnce(by, parcel);
      return;
    }
    synchronized (this) {
      start();
      long bytes = parcel.bytes();
      awaitRoom(parcel.stable ? 0 : bytes);
      Parcel mine = parcels.get((int) (tail % CAPACITY));
      mine.copyFrom(parcel);
      if (!parcel.stable) {
        stage(mine);
      }
      mine.stagedEnd = staged;
      mine.operation = by.operation;
      mine.of = of;
      mine.sentAt = System.nanoTime();
      mine.due =
          context.link.reserve(rank, mine.peer, Math.max(SMALLEST_MESSAGE, bytes), mine.sentAt)
              + context.link.latencyNanos();
      of.sent();
      tail++;
      notifyAll();
    }
  }

  private void stage(Parcel mine) {
    long position = staging + staged % STAGING_BYTES;
    OffHeap.copyRows(
        mine.source, mine.sourcePitch, position, mine.rowBytes, mine.rowBytes, mine.rows);
    mine.source = position;
    mine.sourcePitch = mine.rowBytes;
    staged += mine.bytes();
  }

  private static void carryAtOnce(Execution by, Parcel parcel) {
    by.wire.copyRows(
        by.rank,
        parcel.peer,
        parcel.source,
        parcel.sourcePitch,
        parcel.target,
        parcel.targetPitch,
        parcel.rowBytes,
        parcel.rows);
    if (parcel.post != null) {
      parcel.post.add(parcel.owner, parcel.word, 1);
    }
  }

  /**
   * Waits for a free parcel and for that many bytes of staging in one piece; that only takes the
   * agent's own, bounded work.
   */
  private void awaitRoom(long bytes) {
    while (tail - head >= CAPACITY || staged + skipped(bytes) + bytes - freed > STAGING_BYTES) {
      context.faults.leaveIfRaised();
      pause();
    }
    staged += skipped(bytes);
  }

  /** What is left over at the end of staging when so many bytes do not fit there in one piece. */
  private long skipped(long bytes) {
    long rest = STAGING_BYTES - staged % STAGING_BYTES;
    return bytes > rest ? rest : 0;
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
    staging = context.memory.allocate("the delivery agent of rank " + rank, STAGING_BYTES);
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
        freed = parcel.stagedEnd;
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
