package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.SignalChecks;
import dev.counterpoint.spi.support.Sizes;
import dev.counterpoint.spi.support.TransferChecks;

/**
 * Copies by the copy engines, and by our put kernel where compute units are asked for.
 *
 * <p>A put by copy engine raises its signal without a kernel: the signal is a copy of the rank's
 * own epoch word to the peer, on the same stream behind the data. Copies of one stream follow one
 * another with all their effects, also over NVLink; and a replayed copy reads the epoch of the
 * replay. A word that is raised this way has one writer, whose epochs grow, so it grows as well.
 * The option {@code signal=kernel} uses the kernel of {@link GpuSignals} instead, which compares.
 */
final class GpuTransfers implements Transfers {
  /** The largest pitch that the driver's copies of rows take. */
  private static final long MOST_PITCH = Integer.MAX_VALUE;

  private static final int PUT_BLOCKS = 16;
  private static final long BYTES_PER_BLOCK = 1 << 16;

  private final GpuContext context;
  private final GpuSignals signals;

  GpuTransfers(GpuContext context, GpuSignals signals) {
    this.context = context;
    this.signals = signals;
  }

  @Override
  public void put(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    move(mine, source, sourceOffset, target, targetOffset, bytes, transport);
  }

  @Override
  public void get(
      Stream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("target", target, mine.rank());
    move(mine, source, sourceOffset, target, targetOffset, bytes, transport);
  }

  private void move(
      GpuStream stream,
      DeviceMemory source,
      long sourceOffset,
      DeviceMemory target,
      long targetOffset,
      long bytes,
      Transport transport) {
    context.requireRank("source", source.rank());
    context.requireRank("target", target.rank());
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    requireTransport(stream, source, target, transport);
    stream.begin();
    int span = stream.beginSpan();
    enqueue(stream, from, to, bytes, transport);
    trace(stream, span, source, target, bytes);
  }

  private void requireTransport(
      GpuStream stream, DeviceMemory source, DeviceMemory target, Transport transport) {
    if (transport == Transport.COMPUTE) {
      context.requireReach(stream.rank(), source.rank(), "transport COMPUTE between ranks");
      context.requireReach(stream.rank(), target.rank(), "transport COMPUTE between ranks");
    }
  }

  private static void enqueue(
      GpuStream stream, long from, long to, long bytes, Transport transport) {
    if (bytes == 0) {
      return;
    }
    if (transport == Transport.COMPUTE) {
      rowsByKernel(stream, from, bytes, to, bytes, bytes, 1);
    } else {
      stream.copy(to, from, bytes);
    }
  }

  private static void rowsByKernel(
      GpuStream stream,
      long from,
      long fromPitch,
      long to,
      long toPitch,
      long rowBytes,
      long rows) {
    long wanted = (rowBytes * rows + BYTES_PER_BLOCK - 1) / BYTES_PER_BLOCK;
    int blocks = (int) Math.max(1, Math.min(PUT_BLOCKS, wanted));
    ParameterBlock block =
        stream.blocks().put(stream.operation(), from, to, fromPitch, toPitch, rowBytes, rows);
    stream.launch(stream.state().kernels().put, blocks, block);
  }

  private static void trace(
      GpuStream stream, int span, DeviceMemory source, DeviceMemory target, long bytes) {
    if (span < 0) {
      return;
    }
    String size = ", " + Sizes.text(bytes);
    if (source.rank() == target.rank()) {
      stream.endSpan(span, TraceEvent.Kind.OTHER, "copy" + size);
    } else if (source.rank() == stream.rank()) {
      stream.endSpan(span, TraceEvent.Kind.TRANSFER, "put → " + target.rank() + size);
    } else {
      stream.endSpan(span, TraceEvent.Kind.TRANSFER, "get ← " + source.rank() + size);
    }
  }

  @Override
  public void putSignal(
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
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    GpuSignalArray words = GpuSignalArray.of(context, array);
    SignalChecks.requireWords("word", words, word, 1);
    GpuEpoch counter = GpuEpoch.of(context, mine.rank(), epoch);
    long from = MemoryChecks.address("source", source, sourceOffset, bytes);
    long to = MemoryChecks.address("target", target, targetOffset, bytes);
    requireTransport(mine, source, target, transport);
    mine.begin();
    int span = mine.beginSpan();
    enqueue(mine, from, to, bytes, transport);
    boolean copied =
        transport != Transport.COMPUTE
            && context.options.signalByCopy()
            && words.raisedOnlyBy(target.rank(), word, counter, mine);
    if (!copied) {
      signals.raise(mine, words, target.rank(), word, counter);
    } else {
      mine.copy(words.address(target.rank(), word), counter.address(), Long.BYTES);
    }
    trace(mine, span, source, target, bytes);
  }

  @Override
  public void put2d(
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
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("source", source, mine.rank());
    context.requireRank("target", target.rank());
    TransferChecks.requireRows(rows, rowBytes, sourcePitch, targetPitch);
    long sourceExtent = MemoryChecks.extent(rows, rowBytes, sourcePitch, 1);
    long targetExtent = MemoryChecks.extent(rows, rowBytes, targetPitch, 1);
    long from = MemoryChecks.address("source", source, sourceOffset, sourceExtent);
    long to = MemoryChecks.address("target", target, targetOffset, targetExtent);
    requireTransport(mine, source, target, transport);
    mine.begin();
    if (rows == 0 || rowBytes == 0) {
      return;
    }
    int span = mine.beginSpan();
    if (transport == Transport.COMPUTE) {
      rowsByKernel(mine, from, sourcePitch, to, targetPitch, rowBytes, rows);
    } else {
      rowsByEngine(mine, from, sourcePitch, to, targetPitch, rowBytes, rows);
    }
    trace(mine, span, source, target, rowBytes * rows);
  }

  private static void rowsByEngine(
      GpuStream stream,
      long from,
      long fromPitch,
      long to,
      long toPitch,
      long rowBytes,
      long rows) {
    if (rows == 1 || (fromPitch == rowBytes && toPitch == rowBytes)) {
      stream.copy(to, from, rowBytes * rows);
    } else if (fromPitch <= MOST_PITCH && toPitch <= MOST_PITCH) {
      stream.copyRows(to, toPitch, from, fromPitch, rowBytes, rows);
    } else {
      for (long row = 0; row < rows; row++) {
        stream.copy(to + row * toPitch, from + row * fromPitch, rowBytes);
      }
    }
  }

  @Override
  public void fill(Stream stream, DeviceMemory target, long offset, long bytes, byte value) {
    GpuStream mine = GpuStream.of(context, stream);
    MemoryChecks.requireOn("target", target, mine.rank());
    long to = MemoryChecks.address("target", target, offset, bytes);
    mine.begin();
    if (bytes > 0) {
      int span = mine.beginSpan();
      mine.fill(to, value, bytes);
      mine.endSpan(span, TraceEvent.Kind.OTHER, "fill");
    }
  }
}
