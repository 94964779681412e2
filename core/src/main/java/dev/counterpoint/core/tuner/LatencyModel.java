package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Transport;

/**
 * Predicts how long an operator takes by a strategy: the schedule that the strategy enqueues is
 * played on a device that computes, a link that carries one transfer after the other, and a
 * receiver, with times from {@link Curves}. All ranks are taken to be alike. The formulas are in
 * {@code docs/tuner.md}; the idea of predicting from sampled curves and searching is FlashOverlap's
 * (EuroSys '26).
 */
final class LatencyModel {
  private final Curves curves;
  private final Machine machine;
  private final Corrections corrections;

  LatencyModel(Curves curves, Machine machine, Corrections corrections) {
    this.curves = curves;
    this.machine = machine;
    this.corrections = corrections;
  }

  Machine machine() {
    return machine;
  }

  /** Microseconds, with what measurements taught. */
  double predict(TuningKey key, Tuning tuning) {
    return modelled(key, tuning) * corrections.of(key.operator(), tuning.strategy());
  }

  /** Microseconds by the model alone. */
  double modelled(TuningKey key, Tuning tuning) {
    if (key.m() == 0) {
      return 0;
    }
    double schedule =
        key.operator().equals("ag-gemm")
            ? new GatherModel(this, key).micros(tuning)
            : new OutputModel(this, key).micros(tuning);
    // Everything but sequential forks to side streams and joins them again.
    return tuning.strategy() == Strategy.SEQUENTIAL
        ? schedule
        : schedule + curves.micros(Route.HANDOVER, 1);
  }

  /** A prediction that is only as much faster than another as this is not believed. */
  double doubt(TuningKey key, Tuning tuning) {
    return corrections.doubt(key.operator(), tuning.strategy());
  }

  double micros(Route route, double bytes) {
    return curves.micros(route, bytes);
  }

  /** One push to a peer, until it has been seen there. */
  double push(Transport transport, double bytes) {
    return micros(byComputeUnits(transport) ? Route.COMPUTE_PUSH : Route.PUSH, bytes);
  }

  /** One of many pushes that follow each other. */
  double streamedPush(Transport transport, double bytes) {
    Route streamed = byComputeUnits(transport) ? Route.STREAMED_COMPUTE_PUSH : Route.STREAMED_PUSH;
    return Math.min(push(transport, bytes), micros(streamed, bytes));
  }

  /** Whether curves of its own are there for pushes by compute units, and wanted. */
  private boolean byComputeUnits(Transport transport) {
    return transport == Transport.COMPUTE
        && curves.has(Route.COMPUTE_PUSH)
        && curves.has(Route.STREAMED_COMPUTE_PUSH);
  }

  /** Whether there is a choice between transports, and it was sampled. */
  boolean choosesTransport() {
    return machine.twoTransports() && byComputeUnits(Transport.COMPUTE);
  }

  /** A GEMM without hooks. */
  double plain(int rows, int cols, int k) {
    return curves.plain().micros(rows, cols, k) * machine.waste(rows, cols, k);
  }

  /** The tile GEMM over all rows, with units left free for communication. */
  double tiled(int rows, int cols, int k, Tuning tuning) {
    double micros = curves.tile().micros(rows, cols, k) * machine.waste(rows, cols, k);
    if (tuning.tileRows() > 0) {
      int own = machine.tiles().of(RowPartition.whole(rows), cols, k, 0).tileRows();
      micros *= curves.tileFactor(tuning.tileRows()) / curves.tileFactor(own);
    }
    int reserved = machine.hasWaves() ? Math.max(0, tuning.reservedUnits()) : 0;
    return micros * machine.units() / Math.max(1.0, machine.units() - reserved);
  }
}
