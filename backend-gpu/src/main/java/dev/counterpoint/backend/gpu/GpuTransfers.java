package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transport;
import dev.counterpoint.spi.support.CheckedTransfers;
import dev.counterpoint.spi.support.Sizes;

/**
 * Copies by the copy engines, and by our put kernel where compute units are asked for.
 *
 * <p>A put by copy engine raises its signal without a kernel: the signal is a copy of the rank's
 * own epoch word to the peer, on the same stream behind the data. Copies of one stream follow one
 * another with all their effects, also over NVLink; and a replayed copy reads the epoch of the
 * replay. A word that is raised this way has one writer, whose epochs grow, so it grows as well.
 * The option {@code signal=kernel} uses the kernel of {@link GpuSignals} instead, which compares.
 */
final class GpuTransfers extends CheckedTransfers<GpuStream, GpuSignalArray, GpuEpoch> {
  /** The largest pitch that the driver's copies of rows take. */
  private static final long MOST_PITCH = Integer.MAX_VALUE;

  private static final int PUT_BLOCKS = 16;
  private static final long BYTES_PER_BLOCK = 1 << 16;

  private final GpuContext context;
  private final GpuSignals signals;

  GpuTransfers(GpuContext context, GpuSignals signals) {
    super(context, GpuStream.class, GpuSignalArray.class, GpuEpoch.class);
    this.context = context;
    this.signals = signals;
  }

  @Override
  protected void copy(
      GpuStream stream,
      int source,
      long from,
      int target,
      long to,
      long bytes,
      Transport transport) {
    requireTransport(stream, source, target, transport);
    stream.begin();
    int span = stream.beginSpan();
    enqueue(stream, from, to, bytes, transport);
    trace(stream, span, source, target, bytes);
  }

  private void requireTransport(GpuStream stream, int source, int target, Transport transport) {
    if (transport == Transport.COMPUTE) {
      context.requireReach(stream.rank(), source, "transport COMPUTE between ranks");
      context.requireReach(stream.rank(), target, "transport COMPUTE between ranks");
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

  private static void trace(GpuStream stream, int span, int source, int target, long bytes) {
    if (span < 0) {
      return;
    }
    String size = ", " + Sizes.text(bytes);
    if (source == target) {
      stream.endSpan(span, TraceEvent.Kind.OTHER, "copy" + size);
    } else if (source == stream.rank()) {
      stream.endSpan(span, TraceEvent.Kind.TRANSFER, "put → " + target + size);
    } else {
      stream.endSpan(span, TraceEvent.Kind.TRANSFER, "get ← " + source + size);
    }
  }

  @Override
  protected void copyAndRaise(
      GpuStream stream,
      long from,
      int target,
      long to,
      long bytes,
      Transport transport,
      GpuSignalArray array,
      int word,
      GpuEpoch epoch) {
    requireTransport(stream, stream.rank(), target, transport);
    stream.begin();
    int span = stream.beginSpan();
    enqueue(stream, from, to, bytes, transport);
    boolean copied =
        transport != Transport.COMPUTE
            && context.options.signalByCopy()
            && array.raisedOnlyBy(target, word, epoch, stream);
    if (!copied) {
      signals.raiseBehind(stream, array, target, word, epoch);
    } else {
      stream.copy(array.address(target, word), epoch.address(), Long.BYTES);
    }
    trace(stream, span, stream.rank(), target, bytes);
  }

  @Override
  protected void copyRows(
      GpuStream stream,
      long from,
      long fromPitch,
      int target,
      long to,
      long toPitch,
      long rowBytes,
      long rows,
      Transport transport) {
    requireTransport(stream, stream.rank(), target, transport);
    stream.begin();
    if (rows == 0 || rowBytes == 0) {
      return;
    }
    int span = stream.beginSpan();
    if (transport == Transport.COMPUTE) {
      rowsByKernel(stream, from, fromPitch, to, toPitch, rowBytes, rows);
    } else {
      rowsByEngine(stream, from, fromPitch, to, toPitch, rowBytes, rows);
    }
    trace(stream, span, stream.rank(), target, rowBytes * rows);
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
  protected void set(GpuStream stream, long to, long bytes, byte value) {
    stream.begin();
    if (bytes > 0) {
      int span = stream.beginSpan();
      stream.fill(to, value, bytes);
      stream.endSpan(span, TraceEvent.Kind.OTHER, "fill");
    }
  }
}
