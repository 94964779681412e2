package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.core.strategy.OutputPeerReduced;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.Transport;
import java.util.List;

/**
 * Predicts how long an operator takes by a strategy: the schedule that the strategy enqueues is
 * played on streams, units, a link and a memory, with times from {@link Curves}. All ranks are
 * taken to be alike, unless splits say otherwise. What is played is in {@code docs/tuner.md}; the
 * idea of predicting from sampled curves and searching is FlashOverlap's (EuroSys '26). Remembers
 * times of GEMMs, and is not thread-safe.
 */
final class LatencyModel {
  private final Curves curves;
  private final Machine machine;
  private final Corrections corrections;
  private final GemmTimes plain;
  private final GemmTimes tiled;

  LatencyModel(Curves curves, Machine machine, Corrections corrections) {
    this.curves = curves;
    this.machine = machine;
    this.corrections = corrections;
    GemmTimes.Law waves = machine.hasWaves() ? this::byWaves : null;
    plain = new GemmTimes(curves.plain(), waves);
    tiled = new GemmTimes(curves.tile(), waves);
  }

  private double byWaves(int rows, int cols, int k) {
    Tiling tiling = machine.natural(rows, cols, k);
    return curves.tileTimes().launch()
        + waves(tiling, machine.units()) * curves.tileTimes().micros(tiling, k);
  }

  private static int waves(Tiling tiling, int units) {
    return (tiling.tiles() + units - 1) / units;
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
    // Everything but what stays on one stream forks to side streams and joins them again.
    boolean stays = tuning.strategy() == Strategy.SEQUENTIAL || isPeerReduced(key, tuning);
    double forked = stays ? 0 : handover();
    return schedule + forked + curves.micros(Route.START, 1);
  }

  /** Whether it is a GEMM and one kernel on each rank that sums, and that was sampled. */
  boolean isPeerReduced(TuningKey key, Tuning tuning) {
    return tuning.strategy() == Strategy.FUSED
        && OutputPeerReduced.leavesForm(tuning)
        && canPeerReduce(key);
  }

  /** Whether the fused strategy of a problem can be that. */
  boolean canPeerReduce(TuningKey key) {
    long bytes = (long) key.m() * key.n() * key.outputType().bytes();
    return key.operator().equals("gemm-ar")
        && machine.peerReducedBytes() > 0
        && bytes <= machine.peerReducedBytes()
        && curves.has(Route.PEER_ALL_REDUCE);
  }

  /** A prediction that is only as much faster than another as this is not believed. */
  double doubt(TuningKey key, Tuning tuning) {
    return corrections.doubt(key.operator(), tuning.strategy());
  }

  double micros(Route route, double bytes) {
    return curves.micros(route, bytes);
  }

  Play.Work work(Route route, double bytes) {
    return curves.work(route, bytes);
  }

  /** To another stream and back. */
  double handover() {
    return curves.micros(Route.HANDOVER, 1);
  }

  /** One push to a peer, until it has been seen there. */
  double push(Transport transport, double bytes) {
    // A lone push was sampled between ranks that did not start at once.
    double late = micros(Route.START, 1);
    return Math.max(
        streamedPush(transport, bytes).micros(), micros(pushes(transport), bytes) - late);
  }

  /** One of many pushes that follow each other. */
  Play.Work streamedPush(Transport transport, double bytes) {
    Route streamed = byComputeUnits(transport) ? Route.STREAMED_COMPUTE_PUSH : Route.STREAMED_PUSH;
    Play.Work one = work(pushes(transport), bytes);
    Play.Work many = work(streamed, bytes);
    return many.micros() <= one.micros() ? many : one;
  }

  /** From the end of what raises a signal until it is seen. */
  double seenAfter() {
    return Math.max(0, push(Transport.AUTO, 1) - streamedPush(Transport.AUTO, 1).micros());
  }

  /** Under which name pushes slow products. */
  Route pushes(Transport transport) {
    return byComputeUnits(transport) ? Route.COMPUTE_PUSH : Route.PUSH;
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

  /** What goes on beside GEMMs without hooks. */
  Contention besidePlain() {
    return Contention.of(curves.contention(), plainEngine(), 0);
  }

  private GemmEngine plainEngine() {
    boolean vendor =
        curves.contention().stream().anyMatch(sample -> sample.engine() == GemmEngine.VENDOR);
    return vendor ? GemmEngine.VENDOR : GemmEngine.TILE;
  }

  /** What goes on beside the tile GEMM. */
  Contention besideTiles(int reserved) {
    return Contention.of(curves.contention(), GemmEngine.TILE, Math.max(0, reserved));
  }

  /** A GEMM without hooks. */
  double plain(int rows, int cols, int k) {
    return plain.micros(rows, cols, k);
  }

  /** A pass of a kernel over rows that reads and writes them so many times in all. */
  Play.Work pass(double bytes, int times) {
    return work(Route.COPY, bytes * times / 2);
  }

  /**
   * One tile GEMM over all rows.
   *
   * @param tiling its tiles
   * @param workers units that compute them
   * @param launch microseconds before the first tile
   * @param tile microseconds of one tile
   */
  record Tiles(Tiling tiling, int workers, double launch, double tile) {
    int waves() {
      return (tiling.tiles() + workers - 1) / workers;
    }

    double micros() {
      return launch + waves() * tile;
    }

    /** When so many of its tiles have ended. */
    double after(long tiles) {
      long waves = (tiles + workers - 1) / workers;
      return tiles == 0 ? 0 : launch + waves * tile;
    }
  }

  /** The tile GEMM that a tuning asks for, its tiles stored at home. */
  Tiles tiles(RowPartition shards, int cols, int k, Tuning tuning) {
    Tiling tiling = machine.tiles().of(shards, cols, k, tuning.tileRows(), tuning.tileCols());
    return tiles(tiling, k, tuning.reservedUnits());
  }

  /** The same of given tiles. */
  Tiles tiles(Tiling tiling, int k, int reserved) {
    int workers = machine.workers(reserved);
    int rows = tiling.partition().rows();
    int cols = tiling.cols();
    if (machine.hasWaves()) {
      double off = tiled.overLaw(rows, cols, k);
      return new Tiles(
          tiling,
          workers,
          curves.tileTimes().launch() * off,
          curves.tileTimes().micros(tiling, k) * off);
    }
    // Few units take tiles as they come: the table says what all of them take together.
    Tiling natural = machine.natural(rows, cols, k);
    double perProduct = curves.tileTimes().micros(tiling, k) / area(tiling);
    double naturally = curves.tileTimes().micros(natural, k) / area(natural);
    double whole = tiled.micros(rows, cols, k) * perProduct / naturally;
    int waves = waves(tiling, workers);
    return new Tiles(tiling, workers, 0, waves == 0 ? 0 : whole / waves);
  }

  private static double area(Tiling tiling) {
    return (double) tiling.tileRows() * tiling.tileCols();
  }

  /** How long tiles that are stored elsewhere have the link. */
  double linked(double bytes) {
    return bytes * curves.tileTimes().perByte();
  }

  /**
   * When the blocks of a tile GEMM are stored, from its launch on. Units that hold a tile until it
   * is stored are as much of the truth as was sampled; for the rest of it computing and storing
   * hide each other.
   *
   * @param bytes of a tile that belongs elsewhere
   */
  double[] stored(Tiles gemm, List<StoredTiles.Block> blocks, boolean mixed, double bytes) {
    TileTimes times = curves.tileTimes();
    double[] ends =
        new StoredTiles(blocks, mixed, gemm.workers(), gemm.tile(), bytes, times.perByte()).run();
    long tiles = 0;
    double storing = 0;
    for (int block = 0; block < ends.length; block++) {
      tiles += blocks.get(block).tiles();
      storing += blocks.get(block).elsewhere() * bytes * times.perByte();
      double hidden = Math.max(gemm.after(tiles) - gemm.launch(), storing);
      ends[block] = gemm.launch() + hidden + times.exposed() * Math.max(0, ends[block] - hidden);
    }
    return ends;
  }
}
