package dev.counterpoint.backend.gpu;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.Epilogue;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.GemmOperands;
import dev.counterpoint.spi.support.Resource;

/**
 * A tile GEMM with its kernel loaded, its tables on the device and its parameters laid out; a
 * launch writes the operands into them. When K is split, launches of one prepared GEMM share its
 * partial sums and must follow one another, as those of a plan do.
 */
final class GpuPreparedGemm extends Resource implements PreparedGemm {
  /**
   * Multiprocessors left to others. A block of the tile GEMM leaves room for nothing beside it, its
   * blocks stay until all tiles are done, and what they wait for may itself need a place: the
   * kernels that wait and raise on other streams, and the reduction of tiles that were sent.
   */
  private static final int UNITS_FOR_SIGNALS = 2;

  /** Columns of a tile from which on twice as many rows of tiles share their columns of B. */
  private static final int WIDE = 256;

  private final GpuContext context;
  private final GemmSpec spec;
  private final RankState rank;
  private final Kernel kernel;
  private final GemmTables tables;
  private final GemmOperands operands;
  private final ParameterBlock block;
  private final int operation;
  private final int units;
  private final int blocks;
  private long partials;

  GpuPreparedGemm(GpuContext context, GemmSpec spec, TileTable table) {
    super(context.resources, "gemm '" + spec.label() + "' of rank " + spec.rank());
    this.context = context;
    this.spec = spec;
    this.rank = context.rank(spec.rank());
    Tiling tiling = spec.tiling();
    TileConfig config = table.config(spec.inputType(), spec.weightLayout(), tiling);
    if (config == null) {
      throw new InvalidArgumentException(
          "tiling",
          tiling.tileRows() + "×" + tiling.tileCols() + " tiles",
          "be one that TileGemm.tiling returned for these types");
    }
    tables = new GemmTables(context, spec);
    operands = new GemmOperands(spec);
    operation = context.operations.id(spec.label());
    kernel = rank.kernels().tileGemm(config);
    int splits = table.splits(tiling, spec.k(), spec.inputType());
    units = Math.multiplyExact(tiling.tiles(), splits);
    blocks = Math.max(1, Math.min(units, residentBlocks()));
    block = rank.block(TileGemmParams.SIZE);
    try {
      write(tiling, splits);
      warm();
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  /** Blocks that are resident at once, so that no tile waits for a block that cannot begin. */
  private int residentBlocks() {
    int kept = Math.max(0, spec.reservedUnits());
    if (tables.waits()) {
      kept = Math.max(kept, UNITS_FOR_SIGNALS);
    }
    if (tables.posts()) {
      kept = Math.max(kept, context.options.companions() + UNITS_FOR_SIGNALS);
    }
    return Math.max(1, rank.units() - kept) * kernel.blocksPerUnit();
  }

  private void write(Tiling tiling, int splits) {
    Epilogue epilogue = spec.epilogue();
    block.operation(rank.waitContext(), rank.localAbort(), operation);
    block.set(TileGemmParams.ROWS, spec.rows());
    block.set(TileGemmParams.COLS, spec.cols());
    block.set(TileGemmParams.K, spec.k());
    block.set(TileGemmParams.OUTPUT_TYPE, ElementType.number(spec.outputType()));
    block.set(TileGemmParams.ALPHA, epilogue.alpha());
    block.set(TileGemmParams.BETA, epilogue.beta());
    block.set(TileGemmParams.WINDOW_FIRST, epilogue.firstRow());
    block.set(TileGemmParams.WINDOW_ROWS, epilogue.rowCount());
    block.set(TileGemmParams.SHARDS, tiling.partition().shards());
    block.set(TileGemmParams.ROWS_PER_SHARD, tiling.partition().rowsPerShard());
    block.set(TileGemmParams.TILE_ROWS_PER_SHARD, tiling.tileRowsPerShard());
    block.set(TileGemmParams.TILE_COLUMNS, tiling.tileColCount());
    block.set(TileGemmParams.RASTER_ROWS, tiling.tileCols() >= WIDE ? 16 : 8);
    block.set(TileGemmParams.SPLITS, splits);
    if (splits > 1) {
      long bytes = 4L * units * tiling.tileRows() * tiling.tileCols();
      partials = rank.memory().allocate("partial sums of '" + spec.label() + "'", bytes);
      block.set(TileGemmParams.PARTIALS, partials);
    }
    tables.write(rank, block, splits);
  }

  /** Runs the kernel on no tiles, so that the first launch finds everything in place. */
  private void warm() {
    int shards = block.getInt(TileGemmParams.SHARDS);
    block.set(TileGemmParams.SHARDS, 0);
    rank.run("warming '" + spec.label() + "'", kernel, 1, block);
    block.set(TileGemmParams.SHARDS, shards);
  }

  @Override
  public GemmSpec spec() {
    return spec;
  }

  /** The kernel's parameters. */
  ParameterBlock block() {
    return block;
  }

  /** Blocks of a launch. */
  int blocks() {
    return blocks;
  }

  @Override
  public void launch(Stream stream, GemmArguments arguments) {
    requireOpen();
    tables.requireOpen();
    GpuStream mine = GpuStream.of(context, stream, spec.rank(), "GEMM");
    operands.take(arguments);
    mine.begin();
    enqueue(mine, operands, arguments);
  }

  /** Enqueues with operands that have been checked. */
  void enqueue(GpuStream stream, GemmOperands from, GemmArguments arguments) {
    if (units == 0) {
      return;
    }
    block.set(TileGemmParams.A, from.a());
    block.set(TileGemmParams.B, from.b());
    block.set(TileGemmParams.C, from.c());
    block.set(TileGemmParams.D, from.d());
    block.set(TileGemmParams.BIAS, from.bias());
    block.set(TileGemmParams.ROW_SCALE, from.rowScale());
    block.set(TileGemmParams.COL_SCALE, from.colScale());
    block.set(TileGemmParams.A_STRIDE, (long) arguments.aStride());
    block.set(TileGemmParams.B_STRIDE, (long) arguments.bStride());
    block.set(TileGemmParams.C_STRIDE, (long) arguments.cStride());
    block.set(TileGemmParams.D_STRIDE, (long) arguments.dStride());
    int span = stream.beginSpan();
    block.set(TileGemmParams.TRACE, span >= 0 ? context.tracer.tiles(span, units) : 0L);
    stream.launch(kernel, blocks, block);
    if (tables.waits()) {
      stream.hasWaited();
    }
    if (span >= 0) {
      stream.endSpan(span, TraceEvent.Kind.COMPUTE, "tile gemm " + spec.label());
    }
  }

  @Override
  protected void release() {
    tables.free();
    if (partials != 0) {
      rank.memory().free(partials);
    }
  }
}
