package dev.counterpoint.core.fake;

import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;

/**
 * The tiles of one GEMM with hooks on a {@link SimulatedMachine}: each unit takes the next tile of
 * the order, waits for its gate, computes it, stores it where it belongs, and posts it.
 */
final class SimulatedTiles implements SimulatedMachine.Waiting {
  private final SimulatedMachine machine;
  private final GemmSpec spec;
  private final Tiling tiling;
  private final List<Integer> order = new ArrayList<>();
  private final int reserved;
  private final Runnable then;
  private int next;
  private int idle;
  private int done;

  /** Tiles that units hold and that wait. */
  private final List<Integer> held = new ArrayList<>();

  SimulatedTiles(SimulatedMachine machine, GemmSpec spec, Runnable then) {
    this.then = then;
    this.machine = machine;
    this.spec = spec;
    tiling = spec.tiling();
    for (int tile : ReplayKernels.order(spec)) {
      if (!tiling.isEmpty(tile)) {
        order.add(tile);
      }
    }
    reserved = Math.max(0, spec.reservedUnits());
    idle = Math.max(1, machine.speeds().units() - reserved);
    if (order.isEmpty()) {
      machine.begin(Activity.fixed(spec.rank(), 0.01, then));
    }
  }

  @Override
  public boolean begin() {
    boolean progress = false;
    while (idle > 0 && next < order.size()) {
      idle--;
      held.add(order.get(next++));
      progress = true;
    }
    for (int i = 0; i < held.size(); ) {
      int tile = held.get(i);
      if (isOpen(tile)) {
        held.remove(i);
        compute(tile);
        progress = true;
      } else {
        i++;
      }
    }
    return progress;
  }

  private boolean isOpen(int tile) {
    if (spec.gate() instanceof TileGate.Words gate) {
      int row = tiling.tileRow(tile);
      long wanted = gate.target().at(machine.epoch(spec.epoch()));
      for (int i = 0; i < gate.wordCount()[row]; i++) {
        if (!machine.reached(gate.signals(), spec.rank(), gate.firstWord()[row] + i, wanted)) {
          return false;
        }
      }
    }
    if (spec.route() instanceof TileRoute.Owners owners && owners.clearance() != null) {
      TileRoute.Clearance clearance = owners.clearance();
      return machine.reached(
          clearance.signals(),
          spec.rank(),
          clearance.words()[tiling.shard(tile)],
          clearance.target().at(machine.epoch(spec.epoch())));
    }
    return true;
  }

  private void compute(int tile) {
    double micros = machine.speeds().tile(tiling.tileRows(), tiling.tileCols(), spec.k());
    machine.begin(Activity.products(spec.rank(), micros, reserved, () -> store(tile)));
  }

  private void store(int tile) {
    int owner = spec.owner(tiling.shard(tile));
    if (!(spec.route() instanceof TileRoute.Owners) || owner == spec.rank()) {
      stored(tile);
      return;
    }
    double bytes = (double) tiling.rows(tile) * tiling.cols(tile) * spec.outputType().bytes();
    machine.begin(Activity.store(spec.rank(), owner, bytes, () -> stored(tile)));
  }

  private void stored(int tile) {
    if (spec.post() instanceof TilePost.Counters post && post.words()[tile] >= 0) {
      int owner = post.at() == TilePost.At.SELF ? spec.rank() : spec.owner(tiling.shard(tile));
      machine.raise(
          spec.rank(), new Work.Raise(post.signals(), List.of(owner), post.words()[tile], null, 1));
    }
    idle++;
    if (++done == order.size()) {
      then.run();
    }
  }
}
