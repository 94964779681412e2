package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileRoute;
import org.jspecify.annotations.Nullable;

/** A checked {@link ReduceSpec} with its tables resolved. */
final class ReducePlan {
  final ReduceSpec spec;
  final @Nullable HostEpoch epoch;
  final @Nullable HostSignalArray gateSignals;
  final ReduceSpec.@Nullable Everywhere everywhere;
  final HostHeap.@Nullable Buffer buffer;
  final @Nullable HostSignalArray blockSignals;
  final @Nullable HostSignalArray clearanceSignals;

  /** Where each partial begins. */
  final long[] partials;

  ReducePlan(HostContext context, ReduceSpec spec) {
    context.requireRank("rank", spec.rank());
    this.spec = spec;
    requireShape(spec);
    Ranges.requireRank("staging", spec.staging(), spec.rank());
    long extent =
        Ranges.extent(spec.rows(), spec.cols(), spec.rowStride(), spec.inputType().bytes());
    this.partials = new long[spec.slots()];
    for (int slot = 0; slot < spec.slots(); slot++) {
      partials[slot] = Ranges.address("staging", spec.staging(), slot * spec.slotBytes(), extent);
    }
    this.epoch = spec.epoch() == null ? null : HostEpoch.of(context, spec.rank(), spec.epoch());
    this.gateSignals = gate(context, spec.gate());
    this.everywhere = spec.route() instanceof ReduceSpec.Everywhere route ? route : null;
    this.buffer = everywhere == null ? null : buffer(context, everywhere);
    this.blockSignals = everywhere == null ? null : blockSignals(context, everywhere);
    this.clearanceSignals = everywhere == null ? null : clearance(context, everywhere.clearance());
  }

  private static void requireShape(ReduceSpec spec) {
    requireAtLeast("rows", spec.rows(), 0);
    requireAtLeast("cols", spec.cols(), 0);
    requireAtLeast("slots", spec.slots(), 1);
    requireAtLeast("blockRows", spec.blockRows(), 1);
    requireAtLeast("slotBytes", spec.slotBytes(), 0);
    Ranges.requireStride(
        "rowStride", spec.rows() > 1 ? spec.rowStride() : spec.cols(), spec.cols());
    if (spec.inputType().isFloating() != spec.outputType().isFloating()) {
      throw new InvalidArgumentException(
          "inputType/outputType",
          spec.inputType() + "/" + spec.outputType(),
          "be both floating or both integer");
    }
  }

  private static void requireAtLeast(String name, long value, long least) {
    if (value < least) {
      throw new InvalidArgumentException(name, value, "be at least " + least);
    }
  }

  private @Nullable HostSignalArray gate(HostContext context, ReduceSpec.@Nullable Gate gate) {
    if (gate == null) {
      return null;
    }
    HostSignalArray signals = HostSignalArray.of(context, gate.signals());
    int entries = Math.multiplyExact(spec.blocks(), spec.slots());
    requireLength("gate.words", gate.words().length, entries);
    requireLength("gate.perEpoch", gate.perEpoch().length, entries);
    for (int word : gate.words()) {
      if (word >= 0) {
        signals.requireWords("gate.words", word, 1);
      }
    }
    requireEpoch("gate");
    return signals;
  }

  private HostHeap.Buffer buffer(HostContext context, ReduceSpec.Everywhere route) {
    HostHeap.Buffer target = HostHeap.of(context, route.buffer());
    Ranges.requireStride(
        "route.rowStride", spec.rows() > 1 ? route.rowStride() : spec.cols(), spec.cols());
    long extent =
        Ranges.extent(spec.rows(), spec.cols(), route.rowStride(), spec.outputType().bytes());
    Ranges.address("route.buffer", target.at(0), route.offset(), extent);
    return target;
  }

  private HostSignalArray blockSignals(HostContext context, ReduceSpec.Everywhere route) {
    HostSignalArray signals = HostSignalArray.of(context, route.signals());
    requireLength("route.words", route.words().length, spec.blocks());
    for (int word : route.words()) {
      if (word >= 0) {
        signals.requireWords("route.words", word, 1);
      }
    }
    return signals;
  }

  private @Nullable HostSignalArray clearance(
      HostContext context, TileRoute.@Nullable Clearance clearance) {
    if (clearance == null) {
      return null;
    }
    HostSignalArray signals = HostSignalArray.of(context, clearance.signals());
    requireLength("clearance.words", clearance.words().length, context.size());
    for (int word : clearance.words()) {
      signals.requireWords("clearance.words", word, 1);
    }
    requireEpoch("clearance");
    return signals;
  }

  private void requireEpoch(String what) {
    if (epoch == null) {
      throw new InvalidArgumentException(
          "epoch", "absent", "be given: the " + what + " of '" + spec.label() + "' has a target");
    }
  }

  private static void requireLength(String table, int length, int wanted) {
    if (length != wanted) {
      throw new InvalidArgumentException(table, length + " entries", "have " + wanted + " entries");
    }
  }
}
