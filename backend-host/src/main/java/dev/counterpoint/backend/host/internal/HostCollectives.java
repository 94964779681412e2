package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.CheckedCollectives;
import dev.counterpoint.spi.support.CollectiveKind;
import dev.counterpoint.spi.support.Sizes;

/**
 * Collectives among the ranks' stream threads. A rank's calls are numbered when they are enqueued,
 * so calls on several streams of a rank match their peers' by the order of enqueuing, whatever
 * order the streams run in; a replayed graph takes its numbers when it is launched.
 */
final class HostCollectives extends CheckedCollectives<HostStream> {
  /** Calls that may be in flight at once. */
  static final int SLOTS = 64;

  private static final Operation RUN =
      (command, execution) -> ((HostCollectives) command.first).run(command, execution);

  private static final Operation RUN_UNEVEN =
      (command, execution) -> ((HostCollectives) command.first).runUneven(command, execution);

  private static final int CALL = 0;
  private static final int SEND = 1;
  private static final int RECEIVE = 2;
  private static final int COUNT = 3;
  private static final int PEER = 4;

  private final HostContext context;
  private final Rendezvous[] places = new Rendezvous[SLOTS];

  HostCollectives(HostContext context) {
    super(context);
    this.context = context;
    for (int slot = 0; slot < SLOTS; slot++) {
      places[slot] = new Rendezvous(context, slot);
    }
  }

  @Override
  protected HostStream own(Stream stream) {
    return HostStream.of(context, stream);
  }

  @Override
  protected void enqueue(
      CollectiveKind kind,
      HostStream stream,
      int peer,
      long from,
      int source,
      long to,
      long count,
      DType dtype) {
    Command command = stream.begin(RUN);
    command.first = this;
    command.second = kind;
    command.third = dtype;
    command.numbers[CALL] = stream.takeCalls(1);
    command.numbers[SEND] = from;
    command.numbers[RECEIVE] = to;
    command.numbers[COUNT] = count;
    command.numbers[PEER] = peer;
    stream.commit(command);
  }

  @Override
  protected void enqueue(HostStream stream, long from, long to, Splits counts, DType dtype) {
    Command command = stream.begin(RUN_UNEVEN);
    command.first = this;
    command.second = counts;
    command.third = dtype;
    command.numbers[CALL] = stream.takeCalls(1);
    command.numbers[SEND] = from;
    command.numbers[RECEIVE] = to;
    stream.commit(command);
  }

  private void runUneven(Command command, Execution by) {
    long[] n = command.numbers;
    by.chaos.delay();
    Splits counts = (Splits) command.second;
    DType dtype = (DType) command.third;
    CollectiveKind kind = CollectiveKind.ALL_TO_ALL_V;
    long call = n[CALL] + by.callBase;
    Rendezvous place = places[(int) (call % SLOTS)];
    long start = System.nanoTime();
    place.arrive(
        by.rendezvous, call, by, kind, counts.most(), counts, dtype, -1, n[SEND], n[RECEIVE]);
    by.chaos.delay();
    CollectiveParts.allToAllV(place, by, counts, dtype.bytes());
    place.finish(by.rendezvous);
    if (by.tracing()) {
      by.span(
          TraceEvent.Kind.COLLECTIVE,
          kind + " of " + Sizes.text(counts.sent(by.rank) * dtype.bytes()),
          start);
    }
  }

  private void run(Command command, Execution by) {
    long[] n = command.numbers;
    by.chaos.delay();
    CollectiveKind kind = (CollectiveKind) command.second;
    DType dtype = (DType) command.third;
    long call = n[CALL] + by.callBase;
    Rendezvous place = places[(int) (call % SLOTS)];
    long start = System.nanoTime();
    int peer = (int) n[PEER];
    int root = kind == CollectiveKind.BROADCAST ? peer : -1;
    place.arrive(by.rendezvous, call, by, kind, n[COUNT], null, dtype, root, n[SEND], n[RECEIVE]);
    by.chaos.delay();
    CollectiveParts.run(kind, place, by, n[COUNT], dtype, peer);
    place.finish(by.rendezvous);
    if (by.tracing()) {
      by.span(
          TraceEvent.Kind.COLLECTIVE, kind + " of " + Sizes.text(n[COUNT] * dtype.bytes()), start);
    }
  }
}
