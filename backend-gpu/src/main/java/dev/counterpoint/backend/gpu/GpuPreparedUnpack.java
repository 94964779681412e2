package dev.counterpoint.backend.gpu;

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
final class GpuPreparedUnpack extends Resource implements TileReduce.PreparedUnpack {
  private static final int BLOCKS_PER_UNIT = 2;

  private final GpuContext context;
  private final RankState rank;
  private final Tiling tiling;
  private final int elementBytes;
  private final long packedBytes;
  private final int rows;
  private final ParameterBlock block;
  private final Tables tables = new Tables();
  private final int blocks;

  GpuPreparedUnpack(
      GpuContext context, String label, int rank, Tiling tiling, int[] slots, DType dtype) {
    super(context.resources, "unpacking '" + label + "' of rank " + rank);
    ReduceChecks.requireUnpack(rank, tiling, slots, context.size());
    this.context = context;
    this.rank = context.rank(rank);
    this.tiling = tiling;
    this.elementBytes = dtype.bytes();
    this.packedBytes = GemmChecks.packedElements(tiling, slots) * elementBytes;
    this.rows = ReduceChecks.unpackedRows(tiling, slots);
    this.blocks = Math.max(1, Math.min(tiling.tiles(), this.rank.units() * BLOCKS_PER_UNIT));
    int table = tables.ints(slots);
    block = this.rank.block(UnpackParams.SIZE);
    tables.upload(this.rank, "the slots of '" + label + "'");
    block
        .operation(this.rank.waitContext(), this.rank.localAbort(), context.operations.id(label))
        .set(UnpackParams.SLOTS, tables.address(table))
        .set(UnpackParams.ROWS, tiling.partition().rows())
        .set(UnpackParams.COLS, tiling.cols())
        .set(UnpackParams.ELEMENT_BYTES, elementBytes)
        .set(UnpackParams.TILE_ROWS, tiling.tileRows())
        .set(UnpackParams.TILE_COLS, tiling.tileCols())
        .set(UnpackParams.SHARDS, tiling.partition().shards())
        .set(UnpackParams.ROWS_PER_SHARD, tiling.partition().rowsPerShard())
        .set(UnpackParams.TILE_ROWS_PER_SHARD, tiling.tileRowsPerShard())
        .set(UnpackParams.TILE_COLUMNS, tiling.tileColCount());
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
    GpuStream mine = GpuStream.of(context, stream, rank.index(), "unpacking");
    MemoryChecks.requireOn("packed", packed, rank.index());
    long from = MemoryChecks.address("packed", packed, packedOffset, packedBytes);
    long to =
        MemoryChecks.matrix(
            "output", output, rank.index(), offset, rows, tiling.cols(), rowStride, elementBytes);
    mine.begin();
    if (rows == 0 || tiling.cols() == 0) {
      return;
    }
    block.set(UnpackParams.PACKED, from);
    block.set(UnpackParams.OUTPUT, to);
    block.set(UnpackParams.OUTPUT_STRIDE, (long) rowStride);
    int span = mine.beginSpan();
    mine.launch(rank.kernels().unpack, blocks, block);
    mine.endSpan(span, TraceEvent.Kind.OTHER, "unpack");
  }

  @Override
  protected void release() {
    tables.free(rank);
  }
}
