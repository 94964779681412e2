package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.support.LocalHeap;
import dev.counterpoint.spi.support.ReduceChecks;
import dev.counterpoint.spi.support.Resource;
import org.jspecify.annotations.Nullable;

/** A checked {@link ReduceSpec} with its tables resolved. */
final class ReducePlan {
  final ReduceSpec spec;
  final @Nullable HostEpoch epoch;
  final @Nullable HostSignalArray gateSignals;
  final ReduceSpec.@Nullable Everywhere everywhere;
  final LocalHeap.@Nullable Buffer buffer;
  final @Nullable HostSignalArray blockSignals;
  final @Nullable HostSignalArray clearanceSignals;

  /** Where each partial begins. */
  final long[] partials;

  ReducePlan(HostContext context, ReduceSpec spec) {
    ReduceChecks.requireValid(spec, context.size());
    this.spec = spec;
    this.partials = new long[spec.slots()];
    for (int slot = 0; slot < partials.length; slot++) {
      partials[slot] = spec.staging().address() + slot * spec.slotBytes();
    }
    this.epoch = spec.epoch() == null ? null : HostEpoch.of(context, spec.rank(), spec.epoch());
    ReduceSpec.Gate gate = spec.gate();
    this.gateSignals = gate == null ? null : HostSignalArray.of(context, gate.signals());
    this.everywhere = spec.route() instanceof ReduceSpec.Everywhere route ? route : null;
    this.buffer = everywhere == null ? null : LocalHeap.of(context, everywhere.buffer());
    this.blockSignals =
        everywhere == null ? null : HostSignalArray.of(context, everywhere.signals());
    TileRoute.Clearance clearance = everywhere == null ? null : everywhere.clearance();
    this.clearanceSignals =
        clearance == null ? null : HostSignalArray.of(context, clearance.signals());
  }

  /** Throws when something that the reduction uses was closed. */
  void requireOpen() {
    Resource.requireOpenIfPresent(epoch);
    Resource.requireOpenIfPresent(gateSignals);
    Resource.requireOpenIfPresent(buffer);
    Resource.requireOpenIfPresent(blockSignals);
    Resource.requireOpenIfPresent(clearanceSignals);
  }
}
