package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.Sizes;
import dev.counterpoint.spi.support.TransferChecks;
import org.jspecify.annotations.Nullable;

/**
 * Collectives: by the library, or by {@link CopyCollectives} where the library refuses; a copy when
 * there is one rank.
 */
final class GpuCollectives implements Collectives {
  private final GpuContext context;
  private final @Nullable CollectiveLibrary library;
  private final @Nullable CopyCollectives copies;

  /** Kinds, with their names in traces and fault records. */
  enum Kind {
    ALL_GATHER("allGather"),
    REDUCE_SCATTER("reduceScatter"),
    ALL_REDUCE("allReduce"),
    BROADCAST("broadcast"),
    ALL_TO_ALL("allToAll"),
    SEND_RECEIVE("sendReceive");

    final String label;

    Kind(String label) {
      this.label = label;
    }

    boolean sums() {
      return this == REDUCE_SCATTER || this == ALL_REDUCE;
    }
  }

  GpuCollectives(
      GpuContext context, @Nullable CollectiveLibrary library, @Nullable CopyCollectives copies) {
    this.context = context;
    this.library = library;
    this.copies = copies;
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
    Kind kind = Kind.ALL_GATHER;
    enqueue(kind, stream, -1, send, sendOffset, 1, receive, receiveOffset, all, count, dtype);
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
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("send", send, mine.rank());
    MemoryChecks.requireOn("receive", receive, mine.rank());
    long bytes = TransferChecks.bytes(count, 1, dtype.bytes());
    long from = MemoryChecks.address("send", send, sendOffset, bytes);
    long to = MemoryChecks.address("receive", receive, receiveOffset, bytes);
    enqueue(Kind.SEND_RECEIVE, mine, target, from, source, to, count, dtype);
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
    Kind kind = Kind.REDUCE_SCATTER;
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
    Kind kind = Kind.ALL_REDUCE;
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
    boolean sends = GpuStream.of(context, stream).rank() == root;
    DeviceMemory from = sends ? send : receive;
    long offset = sends ? sendOffset : receiveOffset;
    Kind kind = Kind.BROADCAST;
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
    Kind kind = Kind.ALL_TO_ALL;
    enqueue(kind, stream, -1, send, sendOffset, all, receive, receiveOffset, all, count, dtype);
  }

  private void enqueue(
      Kind kind,
      Stream stream,
      int root,
      DeviceMemory send,
      long sendOffset,
      int sendBlocks,
      DeviceMemory receive,
      long receiveOffset,
      int receiveBlocks,
      long count,
      DType dtype) {
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("send", send, mine.rank());
    MemoryChecks.requireOn("receive", receive, mine.rank());
    int size = dtype.bytes();
    long from =
        MemoryChecks.address(
            "send", send, sendOffset, TransferChecks.bytes(count, sendBlocks, size));
    long to =
        MemoryChecks.address(
            "receive", receive, receiveOffset, TransferChecks.bytes(count, receiveBlocks, size));
    enqueue(kind, mine, root, from, -1, to, count, dtype);
  }

  /**
   * Enqueues checked work.
   *
   * @param root the root of a broadcast, or whom this rank sends to
   * @param source whom this rank receives from, where it is one
   */
  private void enqueue(
      Kind kind,
      GpuStream mine,
      int root,
      long from,
      int source,
      long to,
      long count,
      DType dtype) {
    mine.begin();
    if (count == 0) {
      return;
    }
    int span = mine.beginSpan();
    if (context.size() == 1) {
      if (from != to) {
        mine.copy(to, from, count * dtype.bytes());
      }
    } else if (library != null && (!kind.sums() || library.sums(dtype))) {
      byLibrary(library, kind, mine, root, from, source, to, count, dtype);
    } else if (copies != null) {
      copies.enqueue(kind, mine, root, from, source, to, count, dtype);
    } else {
      throw new CounterpointException(
          Failure.Category.UNAVAILABLE,
          kind.label + " of " + dtype + " cannot be summed by the installed library; update it");
    }
    if (span >= 0) {
      String what = kind.label + " of " + Sizes.text(count * dtype.bytes());
      mine.endSpan(span, TraceEvent.Kind.COLLECTIVE, what);
    }
  }

  private void byLibrary(
      CollectiveLibrary by,
      Kind kind,
      GpuStream stream,
      int root,
      long from,
      int source,
      long to,
      long count,
      DType dtype) {
    stream.holdAfterFailure();
    CollectiveWatch watch = context.watch();
    Capture.Branch<GpuStream> branch = stream.branch();
    int place = branch == null ? watch.begin(stream) : -1;
    int rank = stream.rank();
    long handle = stream.handle();
    watch.entering(stream);
    try {
      switch (kind) {
        case ALL_GATHER -> by.allGather(rank, from, to, count, dtype, handle);
        case REDUCE_SCATTER -> by.reduceScatter(rank, from, to, count, dtype, handle);
        case ALL_REDUCE -> by.allReduce(rank, from, to, count, dtype, handle);
        case BROADCAST -> by.broadcast(rank, root, from, to, count, dtype, handle);
        case ALL_TO_ALL -> by.allToAll(rank, from, to, count, dtype, handle);
        case SEND_RECEIVE -> by.sendReceive(rank, root, from, source, to, count, dtype, handle);
      }
    } catch (NativeException e) {
      throw context.faults.raised() ? context.faults.failure() : stream.failed(e);
    } finally {
      watch.left(stream);
    }
    // The library may have changed the thread's device.
    stream.state().use();
    stream.enqueuedByLibrary();
    if (branch != null) {
      branch.capture().takeCollectives(1);
    }
    watch.end(place, stream, kind.label, count);
  }
}
