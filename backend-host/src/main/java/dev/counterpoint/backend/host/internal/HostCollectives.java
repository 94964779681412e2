package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.Sizes;

/**
 * Collectives among the ranks' stream threads. A rank's calls are numbered when they are enqueued,
 * so calls on several streams of a rank match their peers' by the order of enqueuing, whatever
 * order the streams run in; a replayed graph takes its numbers when it is launched.
 */
final class HostCollectives implements Collectives {
  /** Calls that may be in flight at once. */
  static final int SLOTS = 64;

  private static final Operation RUN =
      (command, execution) -> ((HostCollectives) command.first).run(command, execution);

  /** Far more than there can be, and far from overflowing when multiplied. */
  private static final long MOST = 1L << 48;

  private static final int CALL = 0;
  private static final int SEND = 1;
  private static final int RECEIVE = 2;
  private static final int COUNT = 3;
  private static final int ROOT = 4;
  private static final int TARGET = 5;

  private final HostContext context;
  private final Rendezvous[] places = new Rendezvous[SLOTS];

  HostCollectives(HostContext context) {
    this.context = context;
    for (int slot = 0; slot < SLOTS; slot++) {
      places[slot] = new Rendezvous(context, slot);
    }
  }

  @Override
  public void allGather(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    enqueue(
        CollectiveKind.ALL_GATHER,
        stream,
        -1,
        send,
        sendOffset,
        count,
        receive,
        receiveOffset,
        count * context.size(),
        -1,
        count,
        dtype);
  }

  @Override
  public void reduceScatter(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    enqueue(
        CollectiveKind.REDUCE_SCATTER,
        stream,
        -1,
        send,
        sendOffset,
        count * context.size(),
        receive,
        receiveOffset,
        count,
        -1,
        count,
        dtype);
  }

  @Override
  public void allReduce(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    enqueue(
        CollectiveKind.ALL_REDUCE,
        stream,
        -1,
        send,
        sendOffset,
        count,
        receive,
        receiveOffset,
        count,
        -1,
        count,
        dtype);
  }

  @Override
  public void broadcast(
      Stream stream,
      int root,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    context.requireRank("root", root);
    boolean sending = HostStream.of(context, stream).rank() == root;
    enqueue(
        CollectiveKind.BROADCAST,
        stream,
        root,
        sending ? send : receive,
        sending ? sendOffset : receiveOffset,
        count,
        receive,
        receiveOffset,
        count,
        -1,
        count,
        dtype);
  }

  @Override
  public void allToAll(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    long all = count * context.size();
    enqueue(
        CollectiveKind.ALL_TO_ALL,
        stream,
        -1,
        send,
        sendOffset,
        all,
        receive,
        receiveOffset,
        all,
        -1,
        count,
        dtype);
  }

  @Override
  public void sendReceive(
      Stream stream,
      int target,
      DeviceMemory send,
      long sendOffset,
      int source,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    context.requireRank("target", target);
    context.requireRank("source", source);
    enqueue(
        CollectiveKind.SEND_RECEIVE,
        stream,
        -1,
        send,
        sendOffset,
        count,
        receive,
        receiveOffset,
        count,
        target,
        count,
        dtype);
  }

  private void enqueue(
      CollectiveKind kind,
      Stream stream,
      int root,
      DeviceMemory send,
      long sendOffset,
      long sendCount,
      DeviceMemory receive,
      long receiveOffset,
      long receiveCount,
      int target,
      long count,
      DType dtype) {
    HostStream mine = HostStream.of(context, stream);
    requireCount(count);
    Ranges.requireRank("send", send, mine.rank());
    Ranges.requireRank("receive", receive, mine.rank());
    long from = Ranges.address("send", send, sendOffset, sendCount * dtype.bytes());
    long to = Ranges.address("receive", receive, receiveOffset, receiveCount * dtype.bytes());
    Command command = mine.begin(RUN);
    command.first = this;
    command.second = kind;
    command.third = dtype;
    command.numbers[CALL] = mine.takeCalls(1);
    command.numbers[SEND] = from;
    command.numbers[RECEIVE] = to;
    command.numbers[COUNT] = count;
    command.numbers[ROOT] = root;
    command.numbers[TARGET] = target;
    mine.commit(command);
  }

  private static void requireCount(long count) {
    if (count < 0 || count > MOST) {
      throw new InvalidArgumentException("count", count, "be 0 … " + MOST);
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
    place.arrive(
        by.rendezvous, call, by, kind, n[COUNT], dtype, (int) n[ROOT], n[SEND], n[RECEIVE]);
    by.chaos.delay();
    CollectiveParts.run(kind, place, by, n[COUNT], dtype, (int) n[ROOT], (int) n[TARGET]);
    place.finish(by.rendezvous);
    if (by.tracing()) {
      by.span(
          TraceEvent.Kind.COLLECTIVE, kind + " of " + Sizes.text(n[COUNT] * dtype.bytes()), start);
    }
  }
}
