package dev.counterpoint.backend.host.internal;

import dev.counterpoint.DType;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.support.GemmChecks;
import dev.counterpoint.spi.support.LocalHeap;
import dev.counterpoint.spi.support.Resource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A checked {@link GemmSpec} with its tables resolved: what a run reads and never changes. */
final class GemmPlan {
  final GemmSpec spec;

  /** How the work is cut: the spec's tiles, or a few big panels for the vendor engine. */
  final Tiling tiling;

  /** Tiles that have elements, in the order in which they are begun. */
  final int[] order;

  /** By run of tiles that are multiplied together: its first position in the order; and the end. */
  private final int[] runStarts;

  /** Whether operands that have to be converted are, as a whole. */
  final boolean convertedWhole;

  final @Nullable HostEpoch epoch;
  final @Nullable HostSignalArray gateSignals;
  final @Nullable HostSignalArray clearanceSignals;
  final @Nullable HostSignalArray postSignals;
  final LocalHeap.@Nullable Buffer ownersBuffer;
  final int workers;

  GemmPlan(HostContext context, GemmSpec spec) {
    GemmChecks.requireValid(spec, context.size());
    this.spec = spec;
    this.workers = Math.max(1, context.options.threads() - Math.max(0, spec.reservedUnits()));
    this.tiling =
        spec.engine() == GemmEngine.VENDOR ? panels(spec.tiling(), workers) : spec.tiling();
    this.order = order(spec.order(), tiling);
    long inputs = 4L * ((long) spec.rows() + spec.cols()) * spec.k();
    this.convertedWhole = inputs <= context.options.panelBytes();
    boolean contiguous = convertedWhole || spec.inputType() == DType.FP32;
    this.runStarts = TileRuns.starts(spec, tiling, order, contiguous, workers);
    this.epoch = spec.epoch() == null ? null : HostEpoch.of(context, spec.rank(), spec.epoch());
    this.gateSignals =
        spec.gate() instanceof TileGate.Words gate
            ? HostSignalArray.of(context, gate.signals())
            : null;
    TileRoute.Owners owners = spec.route() instanceof TileRoute.Owners o ? o : null;
    this.ownersBuffer = owners == null ? null : LocalHeap.of(context, owners.buffer());
    TileRoute.Clearance clearance = owners == null ? null : owners.clearance();
    this.clearanceSignals =
        clearance == null ? null : HostSignalArray.of(context, clearance.signals());
    this.postSignals =
        spec.post() instanceof TilePost.Counters post
            ? HostSignalArray.of(context, post.signals())
            : null;
  }

  /** Number of runs of tiles. */
  int runs() {
    return runStarts.length - 1;
  }

  /** The position in the order at which a run begins. */
  int begin(int run) {
    return runStarts[run];
  }

  /** The position behind its last. */
  int end(int run) {
    return runStarts[run + 1];
  }

  /** Throws when something that the hooks use was closed. */
  void requireOpen() {
    Resource.requireOpenIfPresent(epoch);
    Resource.requireOpenIfPresent(gateSignals);
    Resource.requireOpenIfPresent(clearanceSignals);
    Resource.requireOpenIfPresent(postSignals);
    Resource.requireOpenIfPresent(ownersBuffer);
  }

  /** One panel of rows or columns for each worker. */
  private static Tiling panels(Tiling tiling, int workers) {
    int rows = tiling.partition().rows();
    int cols = tiling.cols();
    boolean byRows = rows >= cols;
    int tileRows = byRows ? share(rows, workers) : Math.max(1, rows);
    int tileCols = byRows ? Math.max(1, cols) : share(cols, workers);
    return new Tiling(RowPartition.whole(rows), cols, tileRows, tileCols);
  }

  private static int share(int length, int workers) {
    int even = (length + workers - 1) / workers;
    return Math.max(1, workers == 1 ? even : (even + 15) / 16 * 16);
  }

  private static int[] order(TileOrder wanted, Tiling tiling) {
    int[] all = new int[tiling.tiles()];
    if (wanted instanceof TileOrder.Table table) {
      all = table.tiles().clone();
    } else if (wanted instanceof TileOrder.Shards shards) {
      int perShard = all.length / tiling.partition().shards();
      for (int i = 0; i < all.length; i++) {
        all[i] = shards.shards()[i / perShard] * perShard + i % perShard;
      }
    } else {
      Arrays.setAll(all, tile -> tile);
    }
    return Arrays.stream(all).filter(tile -> !tiling.isEmpty(tile)).toArray();
  }
}
