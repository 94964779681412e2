package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.Chaos;
import org.jspecify.annotations.Nullable;

/**
 * One device thread at work: who it is, what it belongs to at the moment, and its scratch. Used by
 * that thread only.
 */
final class Execution {
  final HostContext context;
  final int rank;
  final Chaos chaos;
  final Wire wire;
  final Scratch scratch = new Scratch();
  final Rendezvous.Waits rendezvous = new Rendezvous.Waits();

  /** What a command has sent and must see arrive before it ends. */
  final Deliveries deliveries = new Deliveries();

  final DeliveryAgent.Parcel parcel = new DeliveryAgent.Parcel();

  /** Where its spans appear. */
  String lane;

  /** Label of the command that runs. */
  String operation = "";

  /** Added to the collective calls of a captured graph. */
  long callBase;

  private final WordWait wait = new WordWait();
  private final PointWait point = new PointWait();

  Execution(HostContext context, int rank, String lane) {
    this.context = context;
    this.rank = rank;
    this.lane = lane;
    this.chaos = Chaos.of(context.options.chaosSeed(), rank, context.rank(rank).nextLane());
    this.wire = new Wire(rank, context.link, context.faults);
  }

  /** Runs one command; what it throws becomes the fault of the world. */
  void run(Command command) {
    if (context.faults.raised()) {
      return; // drained without effect
    }
    operation = command.label;
    wire.begin();
    try {
      command.operation.run(command, this);
    } catch (WorldFailed e) {
      // the fault is on the board already
    } catch (Throwable e) {
      context.faults.raise(rank, command.label, "a command of " + lane, e);
    }
    wire.end();
  }

  boolean tracing() {
    return context.tracer.on();
  }

  void span(TraceEvent.Kind kind, String name, long startNanos) {
    context.tracer.span(rank, lane, kind, name, operation, startNanos);
  }

  /**
   * Waits until consecutive words of this rank have each reached a target; when that takes too
   * long, the world fails and this unwinds.
   *
   * @param tile the tile or block that waits, for the fault record; −1 if none
   */
  void awaitWords(HostSignalArray array, int firstWord, int count, long target, long tile) {
    wait.set(array.address(rank, firstWord), count, target);
    if (wait.met()) {
      context.faults.leaveIfRaised();
      return;
    }
    long start = System.nanoTime();
    if (!context.rank(rank).words.await(wait, context.options.waitNanos(), context.faults)) {
      expired(
          "signal '" + array.name() + "' word " + (firstWord + wait.reached()),
          tile,
          wait.seen(),
          target,
          start);
    }
    if (tracing()) {
      span(
          TraceEvent.Kind.WAIT,
          "wait for " + array.name() + "[" + firstWord + (count > 1 ? "+" + count : "") + "]",
          start);
    }
  }

  /**
   * Waits until a stream has run everything before a position. That work is bounded, so this wait
   * is.
   */
  void awaitPoint(HostStream stream, long position) {
    long reached = context.link.on() ? wire.start() : 0;
    point.stream = stream;
    point.position = position;
    if (!point.met()) {
      long start = System.nanoTime();
      stream.bell().await(point, Long.MAX_VALUE, context.faults);
      if (tracing()) {
        span(TraceEvent.Kind.WAIT, "wait for stream " + stream.name(), start);
      }
    }
    point.stream = null;
    if (context.link.on()) {
      wire.startAt(Math.max(reached, stream.endedAt(position)));
    }
  }

  /** Fails the world because a wait expired. */
  void expired(String waitedFor, long tile, long seen, long wanted, long startNanos) {
    context.faults.raise(
        new FaultRecord(
            FaultRecord.Kind.WAIT_EXPIRED,
            rank,
            operation,
            waitedFor,
            tile,
            seen,
            wanted,
            (System.nanoTime() - startNanos) / 1_000_000,
            ""));
    throw WorldFailed.INSTANCE;
  }

  private static final class WordWait implements Bell.Condition {
    private long address;
    private int count;
    private long target;
    private int reached;

    void set(long newAddress, int newCount, long newTarget) {
      address = newAddress;
      count = newCount;
      target = newTarget;
      reached = 0;
    }

    @Override
    public boolean met() {
      while (reached < count && OffHeap.word(address + 8L * reached) >= target) {
        reached++;
      }
      return reached >= count;
    }

    int reached() {
      return reached;
    }

    long seen() {
      return OffHeap.word(address + 8L * reached);
    }
  }

  private static final class PointWait implements Bell.Condition {
    private @Nullable HostStream stream;
    private long position;

    @Override
    public boolean met() {
      HostStream waitedFor = stream;
      return waitedFor == null || waitedFor.completed() >= position;
    }
  }
}
