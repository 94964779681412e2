package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.Sizes;
import dev.counterpoint.spi.support.TransferChecks;

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

  private static final int CALL = 0;
  private static final int SEND = 1;
  private static final int RECEIVE = 2;
  private static final int COUNT = 3;
  private static final int PEER = 4;

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
    int all = context.size();
    CollectiveKind kind = CollectiveKind.ALL_GATHER;
    enqueue(kind, stream, -1, send, sendOffset, 1, receive, receiveOffset, all, count, dtype);
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
    int all = context.size();
    CollectiveKind kind = CollectiveKind.REDUCE_SCATTER;
    enqueue(kind, stream, -1, send, sendOffset, all, receive, receiveOffset, 1, count, dtype);
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
    CollectiveKind kind = CollectiveKind.ALL_REDUCE;
    enqueue(kind, stream, -1, send, sendOffset, 1, receive, receiveOffset, 1, count, dtype);
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
    boolean sends = HostStream.of(context, stream).rank() == root;
    DeviceMemory from = sends ? send : receive;
    long offset = sends ? sendOffset : receiveOffset;
    CollectiveKind kind = CollectiveKind.BROADCAST;
    enqueue(kind, stream, root, from, offset, 1, receive, receiveOffset, 1, count, dtype);
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
    int all = context.size();
    CollectiveKind kind = CollectiveKind.ALL_TO_ALL;
    enqueue(kind, stream, -1, send, sendOffset, all, receive, receiveOffset, all, count, dtype);
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
    CollectiveKind kind = CollectiveKind.SEND_RECEIVE;
    enqueue(kind, stream, target, send, sendOffset, 1, receive, receiveOffset, 1, count, dtype);
  }

  /**
   * Checks the ranges and enqueues the call.
   *
   * @param peer the root of a broadcast, or whom this rank sends to
   */
  private void enqueue(
      CollectiveKind kind,
      Stream stream,
      int peer,
      DeviceMemory send,
      long sendOffset,
      int sendBlocks,
      DeviceMemory receive,
      long receiveOffset,
      int receiveBlocks,
      long count,
      DType dtype) {
    HostStream mine = HostStream.of(context, stream);
    MemoryChecks.requireOn("send", send, mine.rank());
    MemoryChecks.requireOn("receive", receive, mine.rank());
    long sendBytes = TransferChecks.bytes(count, sendBlocks, dtype.bytes());
    long receiveBytes = TransferChecks.bytes(count, receiveBlocks, dtype.bytes());
    long from = MemoryChecks.address("send", send, sendOffset, sendBytes);
    long to = MemoryChecks.address("receive", receive, receiveOffset, receiveBytes);
    Command command = mine.begin(RUN);
    command.first = this;
    command.second = kind;
    command.third = dtype;
    command.numbers[CALL] = mine.takeCalls(1);
    command.numbers[SEND] = from;
    command.numbers[RECEIVE] = to;
    command.numbers[COUNT] = count;
    command.numbers[PEER] = peer;
    mine.commit(command);
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
    place.arrive(by.rendezvous, call, by, kind, n[COUNT], dtype, root, n[SEND], n[RECEIVE]);
    by.chaos.delay();
    CollectiveParts.run(kind, place, by, n[COUNT], dtype, peer);
    place.finish(by.rendezvous);
    if (by.tracing()) {
      by.span(
          TraceEvent.Kind.COLLECTIVE, kind + " of " + Sizes.text(n[COUNT] * dtype.bytes()), start);
    }
  }
}
