package dev.counterpoint.spi.support;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;

/**
 * Transfers whose arguments are checked here (rules XFER-5, SIG-12, ERR-7), and which leave the
 * backend ranks and addresses to enqueue.
 *
 * @param <S> the backend's streams
 * @param <A> its signal arrays
 * @param <E> its epochs
 */
public abstract class CheckedTransfers<
        S extends Resource & Stream, A extends Resource & SignalArray, E extends Resource & Epoch>
    implements Transfers {
  private final BackendContext context;
  private final Class<S> streams;
  private final Class<A> arrays;
  private final Class<E> epochs;

  /** Creates those of one backend. */
  protected CheckedTransfers(
      BackendContext context, Class<S> streams, Class<A> arrays, Class<E> epochs) {
    this.context = context;
    this.streams = streams;
    this.arrays = arrays;
    this.epochs = epochs;
  }

  /** Enqueues a copy from an address of one rank to one of another; one of both is the stream's. */
  protected abstract void copy(
      S stream, int source, long from, int target, long to, long bytes, Transport transport);

  /** Enqueues a copy to a rank, and behind it sets that rank's word to the epoch. */
  protected abstract void copyAndRaise(
      S stream,
      long from,
      int target,
      long to,
      long bytes,
      Transport transport,
      A array,
      int word,
      E epoch);

  /** Enqueues a copy of rows to a rank. */
  protected abstract void copyRows(
      S stream,
      long from,
      long fromPitch,
      int target,
      long to,
      long toPitch,
      long rowBytes,
      long rows,
      Transport transport);

  /** Enqueues the setting of bytes of the stream's own rank. */
  protected abstract void set(S stream, long to, long bytes, byte value);

  private S own(Stream stream) {
    return context.own(streams, "stream", stream, "a stream");
  }

  @Override
  public final void put(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    S mine = own(stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    copy(mine, source.rank(), from, target.rank(), to, bytes, transport);
  }

  @Override
  public final void get(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    S mine = own(stream);
    context.requireRank("source", source.rank());
    MemoryChecks.requireOn("target", target, mine.rank());
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    copy(mine, source.rank(), from, target.rank(), to, bytes, transport);
  }

  @Override
  public final void putSignal(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport,
      SignalArray array,
      int word,
      Epoch epoch) {
    S mine = own(stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    A words = SignalChecks.own(context, arrays, array);
    SignalChecks.requireWords("word", words, word, 1);
    E counter = SignalChecks.own(context, epochs, epoch, mine.rank());
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    copyAndRaise(mine, from, target.rank(), to, bytes, transport, words, word, counter);
  }

  @Override
  public final void put2d(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      long sourcePitch,
      DeviceMemory target,
      long targetOffset,
      long targetPitch,
      long rowBytes,
      long rows,
      Transport transport) {
    S mine = own(stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    TransferChecks.requireRows(rows, rowBytes, sourcePitch, targetPitch);
    long sourceExtent = MemoryChecks.extent(rows, rowBytes, sourcePitch, 1);
    long targetExtent = MemoryChecks.extent(rows, rowBytes, targetPitch, 1);
    long from = MemoryChecks.address("source", source, sourceOffset, sourceExtent);
    long to = MemoryChecks.address("target", target, targetOffset, targetExtent);
    copyRows(mine, from, sourcePitch, target.rank(), to, targetPitch, rowBytes, rows, transport);
  }

  @Override
  public final void fill(Stream stream, DeviceMemory target, long offset, long bytes, byte value) {
    S mine = own(stream);
    MemoryChecks.requireOn("target", target, mine.rank());
    set(mine, MemoryChecks.address("target", target, offset, bytes), bytes, value);
  }
}
