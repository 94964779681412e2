package dev.counterpoint.backend.gpu;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.NativeException;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.support.BackendContext;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.Resource;
import org.jspecify.annotations.Nullable;

/**
 * An event: one of the driver's for points that streams reach, and a second one, made when first
 * needed, for points within captures, which exist only there.
 */
final class GpuEvent extends Resource implements Event {
  private final GpuContext context;
  private final RankState state;
  private final boolean timed;
  private final long handle;
  private long captureHandle;
  private boolean recorded;
  private @Nullable GpuStream recordedOn;
  private Capture.@Nullable Point<GpuStream> point;

  GpuEvent(GpuContext context, int rank, boolean timed) {
    super(context.resources, "event of rank " + rank);
    this.context = context;
    this.state = context.rank(rank);
    this.timed = timed;
    state.use();
    handle = context.driver.createEvent(timed);
  }

  /** The event, after checking that it is this backend's and open. */
  static GpuEvent of(GpuContext context, Event event) {
    return context.own(GpuEvent.class, "event", event, "an event");
  }

  /** The same, of one rank: only there it can be recorded. */
  static GpuEvent of(GpuContext context, int rank, Event event) {
    GpuEvent mine = of(context, event);
    BackendContext.requireSameRank("event", event, mine.state.index(), rank, "stream");
    return mine;
  }

  /** Marks a point of a stream's queue. */
  void record(GpuStream stream) {
    Capture.Branch<GpuStream> branch = stream.branch();
    Driver driver = context.driver;
    if (branch == null) {
      driver.record(handle, stream.handle(), false);
      recorded = true;
      recordedOn = stream;
      point = null;
      return;
    }
    if (captureHandle == 0) {
      captureHandle = driver.createEvent(false);
    }
    driver.record(captureHandle, stream.handle(), false);
    point = branch.point();
    if (timed) {
      // Replays are to be timed too: a node of its own that records at each.
      driver.record(handle, stream.handle(), true);
      branch.add();
      recorded = true;
      recordedOn = null;
    }
  }

  /** Makes what follows on a stream wait for the latest point. */
  void await(GpuStream stream) {
    Capture.Point<GpuStream> captured = point;
    if (captured != null && captured.branch().capture().open()) {
      stream.join(captured);
      context.driver.await(stream.handle(), captureHandle, false);
      return;
    }
    Capture.Branch<GpuStream> branch = stream.branch();
    if (!recorded || (recordedOn == stream && branch == null)) {
      return;
    }
    context.driver.await(stream.handle(), handle, branch != null);
    if (branch != null) {
      branch.add();
    }
  }

  @Override
  public boolean isComplete() {
    requireOpen();
    Capture.Point<GpuStream> captured = point;
    if (captured != null && captured.branch().capture().open()) {
      return false;
    }
    if (!recorded) {
      return true;
    }
    state.use();
    try {
      return context.driver.isComplete(handle);
    } catch (NativeException e) {
      throw context.failed(state.index(), "", e);
    }
  }

  @Override
  public double nanosSince(Event earlier) {
    requireOpen();
    GpuEvent from = of(context, state.index(), earlier);
    if (!timed || !from.timed) {
      throw new UnsupportedCapabilityException(
          context.platform.name(),
          Capability.TIMED_EVENTS,
          "the time of an event that was not made with it");
    }
    if (!recorded || !from.recorded) {
      throw new InvalidArgumentException(
          "event", "never recorded", "be recorded before its time is asked for");
    }
    state.use();
    double nanos;
    try {
      nanos = context.driver.nanosBetween(from.handle, handle);
    } catch (NativeException e) {
      throw context.failed(state.index(), "", e);
    }
    if (Double.isNaN(nanos)) {
      throw new InvalidArgumentException(
          "event", "not complete", "be complete before its time is asked for");
    }
    return nanos;
  }

  @Override
  protected void release() {
    state.use();
    try {
      context.driver.destroyEvent(handle);
      if (captureHandle != 0) {
        context.driver.destroyEvent(captureHandle);
      }
    } catch (NativeException e) {
      // A lost context has taken its events with it.
    }
  }
}
