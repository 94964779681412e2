package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.GemmChecks;
import dev.counterpoint.spi.support.MemoryChecks;
import dev.counterpoint.spi.support.ReduceChecks;
import dev.counterpoint.spi.support.Resource;

/** A copy of packed tiles to their rows and columns. */
final class HostPreparedUnpack extends Resource implements TileReduce.PreparedUnpack {
  private static final Operation RUN =
      (command, execution) -> ((HostPreparedUnpack) command.first).run(command.numbers, execution);

  private final HostContext context;
  private final int rank;
  private final Tiling tiling;
  private final int[] slots;
  private final int elementBytes;
  private final long packedBytes;
  private final int rows;

  HostPreparedUnpack(
      HostContext context, String label, int rank, Tiling tiling, int[] slots, DType dtype) {
    super(context.resources, "unpacking '" + label + "' of rank " + rank);
    ReduceChecks.requireUnpack(rank, tiling, slots, context.size());
    this.context = context;
    this.rank = rank;
    this.tiling = tiling;
    this.slots = slots.clone();
    this.elementBytes = dtype.bytes();
    this.packedBytes = GemmChecks.packedElements(tiling, slots) * elementBytes;
    this.rows = ReduceChecks.unpackedRows(tiling, slots);
  }

  private long blockBytes() {
    return (long) tiling.tileRows() * tiling.tileCols() * elementBytes;
  }

  @Override
  public void launch(
      Stream stream,
      DeviceMemory packed,
      long packedOffset,
      DeviceMemory output,
      long offset,
      int rowStride) {
    requireOpen();
    HostStream mine = HostStream.of(context, stream, rank, "unpacking");
    MemoryChecks.requireOn("packed", packed, rank);
    long from = MemoryChecks.address("packed", packed, packedOffset, packedBytes);
    long to =
        MemoryChecks.matrix(
            "output", output, rank, offset, rows, tiling.cols(), rowStride, elementBytes);
    Command command = mine.begin(RUN);
    command.first = this;
    command.numbers[0] = from;
    command.numbers[1] = to;
    command.numbers[2] = rowStride;
    mine.commit(command);
  }

  private void run(long[] numbers, Execution by) {
    by.chaos.delay();
    long start = System.nanoTime();
    long pitch = numbers[2] * elementBytes;
    for (int tile = 0; tile < slots.length; tile++) {
      if (slots[tile] >= 0 && !tiling.isEmpty(tile)) {
        OffHeap.copyRows(
            numbers[0] + slots[tile] * blockBytes(),
            (long) tiling.tileCols() * elementBytes,
            numbers[1] + tiling.row(tile) * pitch + (long) tiling.col(tile) * elementBytes,
            pitch,
            (long) tiling.cols(tile) * elementBytes,
            tiling.rows(tile));
      }
    }
    if (by.tracing()) {
      by.span(TraceEvent.Kind.OTHER, "unpack", start);
    }
  }

  @Override
  protected void release() {
    // nothing is held
  }
}
