package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.support.BackendContext;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.Resource;
import org.jspecify.annotations.Nullable;

/** A point of a stream: the stream and a position in its queue. */
final class HostEvent extends Resource implements Event {
  private static final long NEVER = Long.MIN_VALUE;
  private final HostContext context;
  private final int rank;
  private final boolean timed;
  private volatile long nanos = NEVER;
  private @Nullable HostStream stream;
  private long position;
  private Capture.@Nullable Point<HostStream> captured;

  HostEvent(HostContext context, int rank, boolean timed) {
    super(context.resources, "event of rank " + rank);
    this.context = context;
    this.rank = rank;
    this.timed = timed;
  }

  /** The event, after checking that it is this backend's and open. */
  static HostEvent of(HostContext context, Event event) {
    return context.own(HostEvent.class, "event", event, "an event");
  }

  /** The same, after checking that it is of this rank. */
  static HostEvent of(HostContext context, int rank, Event event) {
    HostEvent mine = of(context, event);
    BackendContext.requireSameRank("event", event, mine.rank, rank, "stream");
    return mine;
  }

  boolean timed() {
    return timed;
  }

  /** Moves it to a position of a stream's queue. */
  synchronized void recorded(HostStream at, long after) {
    stream = at;
    position = after;
    captured = null;
  }

  /** Moves it to a point of a capture, for as long as that lasts. */
  synchronized void recorded(Capture.Point<HostStream> point) {
    captured = point;
  }

  /** Where it lies in a capture that still runs, or null. */
  synchronized Capture.@Nullable Point<HostStream> capturedPoint() {
    if (captured != null && !captured.branch().capture().open()) {
      captured = null;
    }
    return captured;
  }

  /** The stream where it was recorded last, or null. */
  synchronized @Nullable HostStream stream() {
    return stream;
  }

  synchronized long position() {
    return position;
  }

  /** The device thread passes the point. */
  void stamp() {
    nanos = System.nanoTime();
  }

  @Override
  public synchronized boolean isComplete() {
    requireOpen();
    return stream == null || stream.completed() >= position;
  }

  @Override
  public double nanosSince(Event earlier) {
    requireOpen();
    HostEvent first = of(context, rank, earlier);
    if (!timed || !first.timed) {
      throw new UnsupportedCapabilityException(
          "host", Capability.TIMED_EVENTS, "the time of an event that was created without times");
    }
    if (nanos == NEVER || first.nanos == NEVER || !isComplete() || !first.isComplete()) {
      throw new InvalidArgumentException(
          "event", this, "be recorded and complete, as must the earlier one");
    }
    return nanos - first.nanos;
  }

  @Override
  protected void release() {
    // nothing is held
  }
}
