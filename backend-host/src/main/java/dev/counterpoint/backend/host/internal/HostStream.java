package dev.counterpoint.backend.host.internal;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.Failure;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.support.BackendContext;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.Duration64;
import dev.counterpoint.spi.support.Resource;
import dev.counterpoint.spi.support.Threads;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An ordered executor: one daemon thread that runs the commands of one ring. */
final class HostStream extends Resource implements Stream {
  private static final Operation STAMP =
      (command, execution) -> ((HostEvent) command.first).stamp();
  private static final int TIMES = 1 << 10;
  private static final Operation NOTHING = (command, execution) -> {};
  private static final Operation AWAIT =
      (command, execution) -> execution.awaitPoint((HostStream) command.first, command.numbers[0]);

  private final HostContext context;
  private final int rank;
  private final String name;
  private final CommandRing ring = new CommandRing();
  private final Followers followers = new Followers();

  /** When the latest commands ended, by position; only where the link's model wants to know. */
  private final long @Nullable [] endedAt;

  private final Bell bell;
  private final Bell.Condition hasRoom = () -> !ring.full();
  private final Thread thread;
  private String label = "";
  private @Nullable Recording recording;

  HostStream(HostContext context, int rank, String name) {
    super(context.resources, "stream '" + name + "' of rank " + rank);
    this.context = context;
    this.rank = rank;
    this.name = name;
    this.bell = context.faults.register(new Bell());
    this.endedAt = context.link.on() ? new long[TIMES] : null;
    Execution execution = new Execution(context, rank, name);
    this.thread = new Thread(() -> work(execution), "counterpoint-host-" + rank + "-" + name);
    thread.setDaemon(true);
  }

  /** The stream, after checking that it is this backend's and open. */
  static HostStream of(HostContext context, Stream stream) {
    return context.own(HostStream.class, "stream", stream, "a stream");
  }

  /** The same, of one rank. */
  static HostStream of(HostContext context, Stream stream, int rank, String what) {
    HostStream mine = of(context, stream);
    BackendContext.requireSameRank("stream", stream, mine.rank(), rank, what);
    return mine;
  }

  HostStream start() {
    thread.start();
    opened();
    return this;
  }

  private void work(Execution execution) {
    for (Command command = ring.take(); command != null; command = ring.take()) {
      if (ring.waited()) {
        execution.wire.present();
      }
      execution.run(command);
      command.clear();
      if (endedAt != null) {
        endedAt[(int) ((ring.head() + 1) & (TIMES - 1))] = execution.wire.start();
      }
      ring.done();
      bell.ring();
      followers.passed(ring.head());
    }
  }

  /** A command to fill and {@link #commit}; arguments must have been checked before. */
  Command begin(Operation operation) {
    requireOpen();
    context.faults.check();
    Command command = recording != null ? new Command() : claim();
    command.operation = operation;
    command.label = label;
    return command;
  }

  private Command claim() {
    if (ring.full()) {
      awaitRoom();
    }
    return ring.claim();
  }

  private void awaitRoom() {
    try {
      if (bell.await(hasRoom, context.options.waitNanos(), context.faults)) {
        return;
      }
    } catch (WorldFailed e) {
      throw context.faults.failure();
    }
    throw new DeadlineExceededException(
        "room in the queue of " + this + " (" + CommandRing.CAPACITY + " items)",
        Duration.ofNanos(context.options.waitNanos()));
  }

  /** Enqueues a filled command, or keeps it in the capture. */
  void commit(Command command) {
    if (recording != null) {
      recording.add(command);
    } else {
      ring.publish(command);
    }
  }

  /** Takes positions in the rank's sequence of collective calls; relative ones while capturing. */
  long takeCalls(int count) {
    return recording != null
        ? recording.branch().capture().takeCollectives(count)
        : context.rank(rank).collectiveCalls.getAndAdd(count);
  }

  @Override
  public boolean capturing() {
    return recording != null;
  }

  /** What this stream contributes to the capture in which it takes part. */
  Recording recording() {
    return Objects.requireNonNull(recording);
  }

  Bell bell() {
    return bell;
  }

  /** Position after the last command that has run. */
  long completed() {
    return ring.head();
  }

  /** When the command before a position ended, or a later one; only with a simulated link. */
  long endedAt(long position) {
    return endedAt == null ? System.nanoTime() : endedAt[(int) (position & (TIMES - 1))];
  }

  boolean idle() {
    return ring.head() >= ring.tail();
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void label(String operation) {
    label = operation;
  }

  @Override
  public void record(Event event) {
    HostEvent mine = HostEvent.of(context, rank, event);
    Command command = begin(mine.timed() ? STAMP : NOTHING);
    command.first = mine;
    Recording capturing = recording;
    if (capturing != null) {
      capturing.add(command);
      mine.recorded(capturing.branch().point());
    } else {
      mine.recorded(this, ring.tail() + 1);
      ring.publish(command);
    }
  }

  @Override
  public void await(Event event) {
    HostEvent mine = HostEvent.of(context, event);
    requireOpen();
    context.faults.check();
    Capture.Point<HostStream> point = mine.capturedPoint();
    if (point != null) {
      awaitCaptured(point);
      return;
    }
    HostStream recordedOn = mine.stream();
    if (recordedOn == null || (recordedOn == this && recording == null)) {
      return;
    }
    Command command = begin(AWAIT);
    command.first = recordedOn;
    command.numbers[0] = mine.position();
    if (recording != null) {
      recording.add(command);
    } else {
      publishAwait(command, recordedOn, mine.position());
    }
  }

  /** Leaves this stream's thread asleep until the other stream gets there, if it sleeps already. */
  private void publishAwait(Command command, HostStream other, long position) {
    boolean asleep = ring.publishDormant(command);
    if (asleep && (!other.followers.add(ring, position) || other.completed() >= position)) {
      ring.wake();
    }
  }

  private void awaitCaptured(Capture.Point<HostStream> point) {
    if (recording == null) {
      recording = new Recording(point.branch().capture().join(this));
    }
    recording.await(point, label);
  }

  @Override
  public void beginCapture() {
    requireOpen();
    context.faults.check();
    if (recording != null) {
      throw new CounterpointException(Failure.Category.STATE, this + " is capturing already");
    }
    recording = new Recording(new Capture<>(this, HostStream::leaveCapture).origin());
  }

  @Override
  public Graph endCapture() {
    requireOpen();
    Capture.Branch<HostStream> mine = recording == null ? null : recording.branch();
    if (mine == null || mine.capture().origin() != mine) {
      throw new CounterpointException(Failure.Category.STATE, this + " has not begun a capture");
    }
    return Recording.end(context, mine.capture());
  }

  /** The capture is over. */
  void leaveCapture() {
    recording = null;
  }

  @Override
  public void synchronize(Duration deadline) {
    requireOpen();
    if (recording != null) {
      throw new CounterpointException(
          Failure.Category.STATE, this + " is capturing; it cannot be waited for");
    }
    context.faults.check();
    if (!awaitIdle(Duration64.nanos(deadline), true)) {
      throw new DeadlineExceededException(toString(), deadline);
    }
    context.faults.check();
  }

  /**
   * Waits until what has been enqueued is complete.
   *
   * @param failing whether a fault ends the wait with an exception
   * @return whether it is complete
   */
  boolean awaitIdle(long nanos, boolean failing) {
    long position = ring.tail();
    try {
      return bell.await(() -> ring.head() >= position, nanos, failing ? context.faults : null);
    } catch (WorldFailed e) {
      throw context.faults.failure();
    }
  }

  /** Waits for the device thread's end; true if it has ended. */
  boolean awaitEnd(long nanos) {
    if (Thread.currentThread() == thread) {
      return false;
    }
    return Threads.join(thread, nanos);
  }

  @Override
  protected void release() {
    if (recording != null) {
      recording.branch().capture().leave();
    }
    awaitIdle(context.options.waitNanos(), false);
    ring.stop();
    context.faults.unregister(bell);
  }
}
