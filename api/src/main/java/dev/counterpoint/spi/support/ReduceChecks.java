package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import org.jspecify.annotations.Nullable;

/** What preparing and launching a reduction or an unpacking refuses whatever the device. */
public final class ReduceChecks {
  private ReduceChecks() {}

  /**
   * Checks everything that can be told from the specification alone.
   *
   * @param size number of ranks
   * @throws InvalidArgumentException naming the table or value
   */
  public static void requireValid(ReduceSpec spec, int size) {
    MemoryChecks.requireRank("rank", spec.rank(), size);
    MemoryChecks.requireAtLeast("rows", spec.rows(), 0);
    MemoryChecks.requireAtLeast("cols", spec.cols(), 0);
    MemoryChecks.requireAtLeast("slots", spec.slots(), 1);
    MemoryChecks.requireAtLeast("blockRows", spec.blockRows(), 1);
    MemoryChecks.requireAtLeast("slotBytes", spec.slotBytes(), 0);
    MemoryChecks.requireStride("rowStride", spec.rows(), spec.cols(), spec.rowStride());
    if (spec.inputType().isFloating() != spec.outputType().isFloating()) {
      throw new InvalidArgumentException(
          "inputType/outputType",
          spec.inputType() + "/" + spec.outputType(),
          "be both floating or both integer");
    }
    requireStaging(spec);
    if (spec.epoch() != null) {
      SignalChecks.requireEpochOf(spec.epoch(), spec.rank());
    }
    requireGate(spec);
    if (spec.route() instanceof ReduceSpec.Everywhere everywhere) {
      requireEverywhere(spec, everywhere, size);
    }
  }

  private static void requireStaging(ReduceSpec spec) {
    MemoryChecks.requireOn("staging", spec.staging(), spec.rank());
    long extent =
        MemoryChecks.extent(spec.rows(), spec.cols(), spec.rowStride(), spec.inputType().bytes());
    long others = spec.slots() - 1L;
    if (extent == 0) {
      return;
    }
    if (others > 0 && spec.slotBytes() > spec.staging().bytes() / others) {
      throw new InvalidArgumentException(
          "slotBytes",
          spec.slotBytes(),
          "leave room for " + spec.slots() + " slots in " + spec.staging().bytes() + " bytes");
    }
    MemoryChecks.address("staging", spec.staging(), others * spec.slotBytes(), extent);
  }

  private static void requireGate(ReduceSpec spec) {
    ReduceSpec.Gate gate = spec.gate();
    if (gate == null) {
      return;
    }
    long entries = (long) spec.blocks() * spec.slots();
    TableChecks.requireLength("gate.words", gate.words().length, entries);
    TableChecks.requireLength("gate.perEpoch", gate.perEpoch().length, entries);
    SignalChecks.requireEach("gate.words", gate.signals(), gate.words(), true);
    requireEpoch(spec, "gate");
  }

  private static void requireEverywhere(ReduceSpec spec, ReduceSpec.Everywhere route, int size) {
    MemoryChecks.requireStride("route.rowStride", spec.rows(), spec.cols(), route.rowStride());
    long extent =
        MemoryChecks.extent(spec.rows(), spec.cols(), route.rowStride(), spec.outputType().bytes());
    if (route.offset() < 0 || route.offset() > route.buffer().bytes() - extent) {
      throw new InvalidArgumentException(
          "route.offset",
          route.offset(),
          "leave room for " + extent + " bytes in " + route.buffer());
    }
    TableChecks.requireLength("route.words", route.words().length, spec.blocks());
    SignalChecks.requireEach("route.words", route.signals(), route.words(), true);
    TileRoute.Clearance clearance = route.clearance();
    if (clearance != null) {
      TableChecks.requireLength("clearance.words", clearance.words().length, size);
      SignalChecks.requireEach("clearance.words", clearance.signals(), clearance.words(), false);
      requireEpoch(spec, "clearance");
    }
  }

  private static void requireEpoch(ReduceSpec spec, String what) {
    if (spec.epoch() == null) {
      throw new InvalidArgumentException(
          "epoch", "absent", "be given: the " + what + " of '" + spec.label() + "' has a target");
    }
  }

  /** The address of the output of one launch with the local route. */
  public static long output(
      ReduceSpec spec, @Nullable DeviceMemory output, long offset, int rowStride) {
    if (output == null) {
      throw new InvalidArgumentException(
          "output", "absent", "be given for the local route of '" + spec.label() + "'");
    }
    return MemoryChecks.matrix(
        "output",
        output,
        spec.rank(),
        offset,
        spec.rows(),
        spec.cols(),
        rowStride,
        spec.outputType().bytes());
  }

  /** Throws unless a table of slots fits the tiling. */
  public static void requireUnpack(int rank, Tiling tiling, int[] slots, int size) {
    MemoryChecks.requireRank("rank", rank, size);
    TableChecks.requireLength("slots", slots.length, tiling.tiles());
  }

  /** Rows of the output up to the last that an unpacking writes. */
  public static int unpackedRows(Tiling tiling, int[] slots) {
    int rows = 0;
    for (int tile = 0; tile < slots.length; tile++) {
      if (slots[tile] >= 0 && !tiling.isEmpty(tile)) {
        rows = Math.max(rows, tiling.row(tile) + tiling.rows(tile));
      }
    }
    return rows;
  }
}
