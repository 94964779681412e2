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
import org.jspecify.annotations.Nullable;

/**
 * A tile GEMM with its kernels loaded, its tables on the device and its parameters laid out; a
 * launch writes the operands into them. Where special kernels serve the problem, general ones are
 * ready as well, for operands that the special ones cannot read. When K is split, launches of one
 * prepared GEMM share its partial sums and must follow one another, as those of a plan do.
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
  private final GemmTables tables;
  private final GemmOperands operands;
  private final ParameterBlock block;
  private final int operation;
  private final int units;
  private final GemmWay general;

  /** What reads operands through descriptions, and these; null where general kernels do it all. */
  private final @Nullable GemmWay mapped;

  private final @Nullable OperandMaps maps;
  private long partials;

  GpuPreparedGemm(GpuContext context, GemmSpec spec, RankTiles choice) {
    super(context.resources, "gemm '" + spec.label() + "' of rank " + spec.rank());
    this.context = context;
    this.spec = spec;
    this.rank = context.rank(spec.rank());
    Tiling tiling = spec.tiling();
    TileConfig config = choice.general().config(spec.inputType(), spec.weightLayout(), tiling);
    if (config == null) {
      throw new InvalidArgumentException(
          "tiling",
          tiling.tileRows() + "×" + tiling.tileCols() + " tiles",
          "be one that TileGemm.tiling returned for these types");
    }
    TileTable best =
        choice.best(spec.inputType(), spec.outputType(), spec.weightLayout(), spec.k());
    TileConfig special =
        best == choice.general() || tiling.tiles() == 0
            ? null
            : best.config(spec.inputType(), spec.weightLayout(), tiling);
    tables = new GemmTables(context, spec);
    operands = new GemmOperands(spec);
    operation = context.operations.id(spec.label());
    TileTable table = special == null ? choice.general() : best;
    int splits = table.splits(tiling, spec.k(), spec.inputType());
    units = Math.multiplyExact(tiling.tiles(), splits);
    block = rank.block(TileGemmParams.SIZE, special == null ? 0 : TileGemmMaps.SIZE);
    try {
      int raster = rasterRows(tiling);
      int[] positions =
          special == null ? null : PairedOrder.of(spec, special.shape().cluster(), raster);
      write(tiling, splits, raster);
      tables.write(rank, block, splits, positions);
      general = way(config, splits, null);
      general.warm(rank, block, spec.label());
      if (special == null) {
        mapped = null;
        maps = null;
      } else {
        mapped = way(special, splits, positions);
        maps = new OperandMaps(rank.driver(), spec, special, block);
        maps.describeNothing(rank.localAbort());
        mapped.warm(rank, block, spec.label());
      }
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  /** Even, so that two blocks of a cluster mostly have the same columns. */
  private static int rasterRows(Tiling tiling) {
    return tiling.tileCols() >= WIDE ? 16 : 8;
  }

  /** A kernel with its grid: whole clusters, no more than are resident, no more than have work. */
  private GemmWay way(TileConfig config, int splits, int @Nullable [] positions) {
    Kernel kernel = rank.kernels().tileGemm(config);
    int cluster = kernel.cluster();
    int places = positions == null ? spec.tiling().tiles() : positions.length;
    long turns = (places + cluster - 1L) / cluster * splits;
    int blocks = (int) Math.max(cluster, Math.min(turns * cluster, residentBlocks(kernel, turns)));
    return positions == null
        ? new GemmWay(kernel, blocks, tables.orderBy(), tables.order(), 0)
        : new GemmWay(kernel, blocks, GemmTables.BY_TILE, tables.positions(), positions.length);
  }

  /**
   * Blocks that are resident at once, so that no tile waits for a block that cannot begin. What may
   * run beside a GEMM that posts is left no more than its last round of tiles has to spare, if that
   * is anything: one round more costs more than to do the rest afterwards.
   */
  private int residentBlocks(Kernel kernel, long turns) {
    int kept = Math.max(0, spec.reservedUnits());
    if (tables.waits() || tables.posts()) {
      kept = Math.max(kept, UNITS_FOR_SIGNALS);
    }
    int blocks = kernel.resident(rank.units(), kept);
    if (!tables.posts() || turns == 0) {
      return blocks;
    }
    int beside = kernel.resident(rank.units(), context.options.companions() + UNITS_FOR_SIGNALS);
    long places = blocks / kernel.cluster();
    long rounds = (turns + places - 1) / places;
    long needed = (turns + rounds - 1) / rounds * kernel.cluster();
    return (int) Math.min(blocks, Math.max(beside, needed));
  }

  private void write(Tiling tiling, int splits, int rasterRows) {
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
    block.set(TileGemmParams.RASTER_ROWS, rasterRows);
    block.set(TileGemmParams.SPLITS, splits);
    if (splits > 1) {
      long bytes = 4L * units * tiling.tileRows() * tiling.tileCols();
      partials = rank.memory().allocate("partial sums of '" + spec.label() + "'", bytes);
      block.set(TileGemmParams.PARTIALS, partials);
    }
  }

  @Override
  public GemmSpec spec() {
    return spec;
  }

  /** The kernel's parameters. */
  ParameterBlock block() {
    return block;
  }

  /** Blocks of a launch with operands that the best kernel reads. */
  int blocks() {
    return mapped == null ? general.blocks() : mapped.blocks();
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
    block.set(TileGemmParams.A_SCALES, from.aScales());
    block.set(TileGemmParams.B_SCALES, from.bScales());
    block.set(TileGemmParams.A_SCALES_STRIDE, (long) arguments.aScalesStride());
    block.set(TileGemmParams.B_SCALES_STRIDE, (long) arguments.bScalesStride());
    block.set(TileGemmParams.A_STRIDE, (long) arguments.aStride());
    block.set(TileGemmParams.B_STRIDE, (long) arguments.bStride());
    block.set(TileGemmParams.C_STRIDE, (long) arguments.cStride());
    block.set(TileGemmParams.D_STRIDE, (long) arguments.dStride());
    int span = stream.beginSpan();
    block.set(TileGemmParams.TRACE, span >= 0 ? context.tracer.tiles(span, units) : 0L);
    GemmWay way = way(from, arguments);
    way.write(block);
    stream.launch(way.kernel(), way.blocks(), block);
    if (tables.waits()) {
      stream.hasWaited();
    }
    if (span >= 0) {
      stream.endSpan(span, TraceEvent.Kind.COMPUTE, "tile gemm " + spec.label());
    }
  }

  /** The kernel that reads these operands, which it finds described. */
  private GemmWay way(GemmOperands from, GemmArguments arguments) {
    GemmWay best = mapped;
    OperandMaps described = maps;
    if (best == null || described == null) {
      return general;
    }
    long aPitch = described.pitch(arguments.aStride());
    long bPitch = described.pitch(arguments.bStride());
    if (!described.fit(from.a(), aPitch, from.b(), bPitch)) {
      return general;
    }
    described.describe(from.a(), aPitch, from.b(), bPitch);
    return best;
  }

  @Override
  protected void release() {
    tables.free();
    if (partials != 0) {
      rank.memory().free(partials);
    }
  }
}
