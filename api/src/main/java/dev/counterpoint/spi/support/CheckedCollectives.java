package dev.counterpoint.spi.support;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;

/**
 * The collectives as two, with equal and with unequal blocks: checks the arguments of each and
 * leaves the backend addresses to enqueue (rules XFER-5, ERR-7).
 *
 * @param <S> the backend's streams
 */
public abstract class CheckedCollectives<S extends Stream> implements Collectives {
  private static final int NO_RANK = -1;

  private final BackendContext context;

  /** Creates those of one backend. */
  protected CheckedCollectives(BackendContext context) {
    this.context = context;
  }

  /** The stream, after checking that it is this backend's and open. */
  protected abstract S own(Stream stream);

  /**
   * Enqueues one call, whose arguments are good.
   *
   * @param peer the root of a broadcast, or whom the stream's rank sends to; −1 otherwise
   * @param from address of what it sends
   * @param source whom it receives from, where that is one rank; −1 otherwise
   * @param to address of what it receives
   * @param count elements, of one block where there are several
   */
  protected abstract void enqueue(
      CollectiveKind kind,
      S stream,
      int peer,
      long from,
      int source,
      long to,
      long count,
      DType dtype);

  /** Enqueues an all-to-all of unequal blocks, whose arguments are good. */
  protected abstract void enqueue(S stream, long from, long to, Splits counts, DType dtype);

  @Override
  public final void allToAllV(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      Splits counts,
      DType dtype) {
    if (counts.ranks() != context.size()) {
      throw new InvalidArgumentException(
          "counts",
          "those of " + counts.ranks() + " ranks",
          "be those of " + context.size() + " ranks");
    }
    S mine = own(stream);
    long sendBytes = TransferChecks.bytes(counts.sent(mine.rank()), 1, dtype.bytes());
    long receiveBytes = TransferChecks.bytes(counts.received(mine.rank()), 1, dtype.bytes());
    long from = address("send", mine, send, sendOffset, sendBytes);
    long to = address("receive", mine, receive, receiveOffset, receiveBytes);
    enqueue(mine, from, to, counts, dtype);
  }

  @Override
  public final void allGather(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    int all = context.size();
    CollectiveKind kind = CollectiveKind.ALL_GATHER;
    check(kind, own(stream), send, sendOffset, 1, receive, receiveOffset, all, count, dtype);
  }

  @Override
  public final void reduceScatter(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    int all = context.size();
    CollectiveKind kind = CollectiveKind.REDUCE_SCATTER;
    check(kind, own(stream), send, sendOffset, all, receive, receiveOffset, 1, count, dtype);
  }

  @Override
  public final void allReduce(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    CollectiveKind kind = CollectiveKind.ALL_REDUCE;
    check(kind, own(stream), send, sendOffset, 1, receive, receiveOffset, 1, count, dtype);
  }

  @Override
  public final void allToAll(
      Stream stream,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    int all = context.size();
    CollectiveKind kind = CollectiveKind.ALL_TO_ALL;
    check(kind, own(stream), send, sendOffset, all, receive, receiveOffset, all, count, dtype);
  }

  @Override
  public final void broadcast(
      Stream stream,
      int root,
      DeviceMemory send,
      long sendOffset,
      DeviceMemory receive,
      long receiveOffset,
      long count,
      DType dtype) {
    context.requireRank("root", root);
    S mine = own(stream);
    long bytes = TransferChecks.bytes(count, 1, dtype.bytes());
    long to = address("receive", mine, receive, receiveOffset, bytes);
    long from = mine.rank() == root ? address("send", mine, send, sendOffset, bytes) : to;
    enqueue(CollectiveKind.BROADCAST, mine, root, from, NO_RANK, to, count, dtype);
  }

  @Override
  public final void sendReceive(
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
    S mine = own(stream);
    long bytes = TransferChecks.bytes(count, 1, dtype.bytes());
    long from = address("send", mine, send, sendOffset, bytes);
    long to = address("receive", mine, receive, receiveOffset, bytes);
    enqueue(CollectiveKind.SEND_RECEIVE, mine, target, from, source, to, count, dtype);
  }

  private void check(
      CollectiveKind kind,
      S mine,
      DeviceMemory send,
      long sendOffset,
      int sendBlocks,
      DeviceMemory receive,
      long receiveOffset,
      int receiveBlocks,
      long count,
      DType dtype) {
    long sendBytes = TransferChecks.bytes(count, sendBlocks, dtype.bytes());
    long receiveBytes = TransferChecks.bytes(count, receiveBlocks, dtype.bytes());
    long from = address("send", mine, send, sendOffset, sendBytes);
    long to = address("receive", mine, receive, receiveOffset, receiveBytes);
    enqueue(kind, mine, NO_RANK, from, NO_RANK, to, count, dtype);
  }

  private static long address(
      String argument, Stream mine, DeviceMemory memory, long offset, long bytes) {
    MemoryChecks.requireOn(argument, memory, mine.rank());
    return MemoryChecks.address(argument, memory, offset, bytes);
  }
}
