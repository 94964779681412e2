package dev.counterpoint.backend.gpu;

import dev.counterpoint.Norm;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.NormOperands;
import dev.counterpoint.spi.support.Resource;

/** A normalisation of rows with its parameters, and its map on the device. */
final class GpuPreparedNorm extends Resource implements RowNorm.PreparedNorm {
  private static final int BLOCKS_PER_UNIT = 4;

  private final GpuContext context;
  private final NormSpec spec;
  private final RankState rank;
  private final NormOperands operands;
  private final ParameterBlock block;
  private final Tables tables = new Tables();
  private final int blocks;

  GpuPreparedNorm(GpuContext context, NormSpec spec) {
    super(context.resources, "normalisation '" + spec.label() + "' of rank " + spec.rank());
    this.context = context;
    this.spec = spec;
    rank = context.rank(spec.rank());
    operands = new NormOperands(spec);
    blocks = Math.max(1, Math.min(spec.rows(), rank.units() * BLOCKS_PER_UNIT));
    block = rank.block(RowNormParams.SIZE);
    block
        .operation(rank.waitContext(), rank.localAbort(), context.operations.id(spec.label()))
        .set(RowNormParams.ROWS, spec.rows())
        .set(RowNormParams.COLS, spec.cols())
        .set(RowNormParams.TYPE, ElementType.number(spec.dtype()))
        .set(RowNormParams.KIND, kind(spec.norm().kind()))
        .set(RowNormParams.EPSILON, spec.norm().eps())
        .set(RowNormParams.PER_COLUMN, 1f / spec.cols());
    NormSpec.Packing packing = spec.packing();
    if (packing != null) {
      int slots = tables.ints(packing.slots());
      tables.upload(rank, "the slots of '" + spec.label() + "'");
      Tiling tiling = packing.tiling();
      block
          .set(RowNormParams.SLOTS, tables.address(slots))
          .set(RowNormParams.TILE_ROWS, tiling.tileRows())
          .set(RowNormParams.TILE_COLS, tiling.tileCols())
          .set(RowNormParams.ROWS_PER_SHARD, tiling.partition().rowsPerShard())
          .set(RowNormParams.TILE_ROWS_PER_SHARD, tiling.tileRowsPerShard())
          .set(RowNormParams.TILE_COLUMNS, tiling.tileColCount());
    }
  }

  private static int kind(Norm.Kind kind) {
    return switch (kind) {
      case RMS -> 0;
      case LAYER -> 1;
    };
  }

  @Override
  public NormSpec spec() {
    return spec;
  }

  @Override
  public void launch(Stream stream, NormArguments arguments) {
    requireOpen();
    GpuStream mine = GpuStream.of(context, stream, spec.rank(), "normalisation");
    operands.take(arguments);
    mine.begin();
    if (spec.rows() == 0) {
      return;
    }
    block
        .set(RowNormParams.INPUT, operands.input())
        .set(RowNormParams.INPUT_STRIDE, (long) arguments.inputStride())
        .set(RowNormParams.RESIDUAL, operands.residual())
        .set(RowNormParams.RESIDUAL_STRIDE, (long) arguments.residualStride())
        .set(RowNormParams.WEIGHT, operands.weight())
        .set(RowNormParams.BIAS, operands.bias())
        .set(RowNormParams.OUTPUT, operands.output())
        .set(RowNormParams.OUTPUT_STRIDE, (long) arguments.outputStride())
        .set(RowNormParams.SUM, operands.sum())
        .set(RowNormParams.SUM_STRIDE, (long) arguments.sumStride());
    int span = mine.beginSpan();
    mine.launch(rank.kernels().norm, blocks, block);
    mine.endSpan(span, TraceEvent.Kind.OTHER, "norm");
  }

  @Override
  protected void release() {
    tables.free(rank);
  }
}
