package dev.counterpoint.backend.gpu;

import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.support.LocalHeap;
import dev.counterpoint.spi.support.ReduceChecks;
import dev.counterpoint.spi.support.Resource;
import org.jspecify.annotations.Nullable;

/** A reduction of staged partials with its tables on the device. */
final class GpuPreparedReduce extends Resource implements TileReduce.PreparedReduce {
  private static final int BLOCKS_PER_UNIT = 4;
  private static final int ELEMENTS_PER_PART = 16384;
  private static final int COLUMNS_OF_GROUP = 8;

  private final GpuContext context;
  private final ReduceSpec spec;
  private final RankState rank;
  private final Kernel kernel;
  private final ParameterBlock block;
  private final Tables tables = new Tables();
  private final @Nullable GpuEpoch epoch;
  private final @Nullable GpuSignalArray gateSignals;
  private final @Nullable GpuSignalArray blockSignals;
  private final @Nullable GpuSignalArray clearanceSignals;
  private final LocalHeap.@Nullable Buffer buffer;
  private final int blocks;

  GpuPreparedReduce(GpuContext context, ReduceSpec spec) {
    super(context.resources, "reduction '" + spec.label() + "' of rank " + spec.rank());
    this.context = context;
    this.spec = spec;
    this.rank = context.rank(spec.rank());
    this.kernel = rank.kernels().reduce;
    epoch = spec.epoch() == null ? null : GpuEpoch.of(context, spec.rank(), spec.epoch());
    ReduceSpec.Gate gate = spec.gate();
    gateSignals = gate == null ? null : GpuSignalArray.of(context, gate.signals());
    ReduceSpec.Everywhere route = spec.route() instanceof ReduceSpec.Everywhere e ? e : null;
    buffer = route == null ? null : LocalHeap.of(context, route.buffer());
    blockSignals = route == null ? null : GpuSignalArray.of(context, route.signals());
    if (blockSignals != null) {
      blockSignals.count();
    }
    TileRoute.Clearance clearance = route == null ? null : route.clearance();
    clearanceSignals = clearance == null ? null : GpuSignalArray.of(context, clearance.signals());
    block = rank.block(TileReduceParams.SIZE);
    int parts = parts();
    long units = (long) spec.blocks() * parts;
    boolean waits = gate != null || clearance != null;
    // One that waits may occupy as many multiprocessors as it has blocks, and a GEMM whose tiles it
    // waits for leaves that many free: otherwise its blocks and these could wait for each other.
    int most = waits ? context.options.companions() : rank.units() * BLOCKS_PER_UNIT;
    blocks = (int) Math.max(1, Math.min(units, most));
    try {
      write(route, clearance, parts);
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  private int parts() {
    long elements = (long) Math.min(spec.blockRows(), Math.max(1, spec.rows())) * spec.cols();
    long groups = (elements + COLUMNS_OF_GROUP - 1) / COLUMNS_OF_GROUP;
    long wanted = (elements + ELEMENTS_PER_PART - 1) / ELEMENTS_PER_PART;
    return (int) Math.max(1, Math.min(Math.min(wanted, groups), 1 << 16));
  }

  private void write(
      ReduceSpec.@Nullable Everywhere route, TileRoute.@Nullable Clearance clearance, int parts) {
    ReduceSpec.Gate gate = spec.gate();
    int gateIndex = tables.ints(gate == null ? null : gate.words());
    int gatePerEpoch = tables.longs(gate == null ? null : gate.perEpoch());
    int everywhere = tables.longs(route == null ? null : everywhere(route));
    int postWords = tables.longs(route == null ? null : everyonesWords());
    int postIndex = tables.ints(route == null ? null : route.words());
    int arrivals = route == null ? -1 : tables.zeros(spec.blocks());
    int clearanceIndex = tables.ints(clearance == null ? null : clearance.words());
    tables.upload(rank, "the tables of '" + spec.label() + "'");
    block
        .operation(rank.waitContext(), rank.localAbort(), context.operations.id(spec.label()))
        .set(TileReduceParams.STAGING, spec.staging().address())
        .set(TileReduceParams.SLOT_BYTES, spec.slotBytes())
        .set(TileReduceParams.STAGING_STRIDE, (long) spec.rowStride())
        .set(TileReduceParams.ROWS, spec.rows())
        .set(TileReduceParams.COLS, spec.cols())
        .set(TileReduceParams.SLOTS, spec.slots())
        .set(TileReduceParams.BLOCK_ROWS, spec.blockRows())
        .set(TileReduceParams.BLOCKS, spec.blocks())
        .set(TileReduceParams.PARTS, parts)
        .set(TileReduceParams.INPUT_TYPE, ElementType.number(spec.inputType()))
        .set(TileReduceParams.OUTPUT_TYPE, ElementType.number(spec.outputType()))
        .set(TileReduceParams.EPOCH, epoch == null ? 0L : epoch.address())
        .set(TileReduceParams.TARGETS, tables.address(everywhere))
        .set(TileReduceParams.TARGET_COUNT, route == null ? 0 : context.size())
        .set(TileReduceParams.POST_WORDS, tables.address(postWords))
        .set(TileReduceParams.POST_INDEX, tables.address(postIndex))
        .set(TileReduceParams.ARRIVALS, tables.address(arrivals));
    if (gateSignals != null) {
      block.set(TileReduceParams.GATE_WORDS, gateSignals.base(spec.rank()));
      block.set(TileReduceParams.GATE_INDEX, tables.address(gateIndex));
      block.set(TileReduceParams.GATE_PER_EPOCH, tables.address(gatePerEpoch));
      block.set(TileReduceParams.GATE_ARRAY, gateSignals.id());
    }
    if (route != null) {
      block.set(TileReduceParams.TARGET_STRIDE, (long) route.rowStride());
    }
    if (clearance != null && clearanceSignals != null && epoch != null) {
      block.set(TileReduceParams.CLEARANCE_WORDS, clearanceSignals.base(spec.rank()));
      block.set(TileReduceParams.CLEARANCE_INDEX, tables.address(clearanceIndex));
      block.set(TileReduceParams.CLEARANCE_ARRAY, clearanceSignals.id());
      block.target(
          TileReduceParams.CLEARANCE_TARGET,
          epoch.address(),
          clearance.target().perEpoch(),
          clearance.target().offset());
    }
  }

  private long[] everywhere(ReduceSpec.Everywhere route) {
    long[] rows = new long[context.size()];
    for (int target = 0; target < rows.length; target++) {
      rows[target] = route.buffer().at(target).address() + route.offset();
    }
    return rows;
  }

  private long[] everyonesWords() {
    long[] words = new long[context.size()];
    for (int target = 0; target < words.length && blockSignals != null; target++) {
      words[target] = blockSignals.base(target);
    }
    return words;
  }

  @Override
  public ReduceSpec spec() {
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
  public void launch(Stream stream, @Nullable DeviceMemory output, long offset, int rowStride) {
    requireOpen();
    requirePartsOpen();
    GpuStream mine = GpuStream.of(context, stream, spec.rank(), "reduction");
    boolean local = spec.route() instanceof ReduceSpec.Local;
    long address = local ? ReduceChecks.output(spec, output, offset, rowStride) : 0;
    mine.begin();
    if (spec.rows() == 0 || spec.cols() == 0) {
      return;
    }
    if (local) {
      block.set(TileReduceParams.TARGET, address);
      block.set(TileReduceParams.TARGET_STRIDE, (long) rowStride);
    }
    int span = mine.beginSpan();
    mine.launch(kernel, blocks, block);
    if (gateSignals != null || clearanceSignals != null) {
      mine.hasWaited();
    }
    if (span >= 0) {
      mine.endSpan(span, TraceEvent.Kind.REDUCE, "reduce " + spec.label());
    }
  }

  private void requirePartsOpen() {
    Resource.requireOpenIfPresent(epoch);
    Resource.requireOpenIfPresent(gateSignals);
    Resource.requireOpenIfPresent(buffer);
    Resource.requireOpenIfPresent(blockSignals);
    Resource.requireOpenIfPresent(clearanceSignals);
  }

  @Override
  protected void release() {
    tables.free(rank);
  }
}
