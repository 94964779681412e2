package dev.counterpoint.backend.gpu;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.NativeException;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.Capture;
import dev.counterpoint.spi.support.CheckedCollectives;
import dev.counterpoint.spi.support.CollectiveKind;
import dev.counterpoint.spi.support.Sizes;
import org.jspecify.annotations.Nullable;

/**
 * Collectives: by the library, or by {@link CopyCollectives} where the library refuses; a copy when
 * there is one rank.
 */
final class GpuCollectives extends CheckedCollectives<GpuStream> {
  private final GpuContext context;
  private final @Nullable CollectiveLibrary library;
  private final @Nullable CopyCollectives copies;

  GpuCollectives(
      GpuContext context, @Nullable CollectiveLibrary library, @Nullable CopyCollectives copies) {
    super(context);
    this.context = context;
    this.library = library;
    this.copies = copies;
  }

  @Override
  protected GpuStream own(Stream stream) {
    return GpuStream.of(context, stream);
  }

  @Override
  protected void enqueue(
      CollectiveKind kind,
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
          kind + " of " + dtype + " cannot be summed by the installed library; update it");
    }
    if (span >= 0) {
      String what = kind + " of " + Sizes.text(count * dtype.bytes());
      mine.endSpan(span, TraceEvent.Kind.COLLECTIVE, what);
    }
  }

  @Override
  protected void enqueue(GpuStream mine, long from, long to, Splits counts, DType dtype) {
    mine.begin();
    if (counts.most() == 0) {
      return;
    }
    CollectiveKind kind = CollectiveKind.ALL_TO_ALL_V;
    int span = mine.beginSpan();
    long sent = counts.sent(mine.rank());
    if (context.size() == 1) {
      if (from != to) {
        mine.copy(to, from, sent * dtype.bytes());
      }
    } else if (library != null) {
      int place = enter(mine);
      try {
        library.allToAllV(mine.rank(), from, to, counts, dtype, mine.handle());
      } catch (NativeException e) {
        throw failed(mine, e);
      } finally {
        context.watch().left(mine);
      }
      leave(place, mine, kind, sent);
    } else if (copies != null) {
      copies.enqueue(mine, from, to, counts, dtype);
    }
    if (span >= 0) {
      String what = kind + " of " + Sizes.text(sent * dtype.bytes());
      mine.endSpan(span, TraceEvent.Kind.COLLECTIVE, what);
    }
  }

  private void byLibrary(
      CollectiveLibrary by,
      CollectiveKind kind,
      GpuStream stream,
      int root,
      long from,
      int source,
      long to,
      long count,
      DType dtype) {
    int place = enter(stream);
    int rank = stream.rank();
    long handle = stream.handle();
    try {
      switch (kind) {
        case ALL_GATHER -> by.allGather(rank, from, to, count, dtype, handle);
        case REDUCE_SCATTER -> by.reduceScatter(rank, from, to, count, dtype, handle);
        case ALL_REDUCE -> by.allReduce(rank, from, to, count, dtype, handle);
        case BROADCAST -> by.broadcast(rank, root, from, to, count, dtype, handle);
        case ALL_TO_ALL -> by.allToAll(rank, from, to, count, dtype, handle);
        case SEND_RECEIVE -> by.sendReceive(rank, root, from, source, to, count, dtype, handle);
        case ALL_TO_ALL_V -> throw new AssertionError("its counts are not one number");
      }
    } catch (NativeException e) {
      throw failed(stream, e);
    } finally {
      context.watch().left(stream);
    }
    leave(place, stream, kind, count);
  }

  /** Before a call of the library; what it gives goes to {@link #leave}. */
  private int enter(GpuStream stream) {
    stream.holdAfterFailure();
    CollectiveWatch watch = context.watch();
    int place = stream.branch() == null ? watch.begin(stream) : -1;
    watch.entering(stream);
    return place;
  }

  private RuntimeException failed(GpuStream stream, NativeException e) {
    return context.faults.raised() ? context.faults.failure() : stream.failed(e);
  }

  private void leave(int place, GpuStream stream, CollectiveKind kind, long count) {
    // The library may have changed the thread's device.
    stream.state().use();
    stream.enqueuedByLibrary();
    Capture.Branch<GpuStream> branch = stream.branch();
    if (branch != null) {
      branch.capture().takeCollectives(1);
    }
    context.watch().end(place, stream, kind.toString(), count);
  }
}
