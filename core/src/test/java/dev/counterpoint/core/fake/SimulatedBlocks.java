package dev.counterpoint.core.fake;

import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.TileRoute;
import java.util.List;
import java.util.stream.IntStream;

/** The blocks of one reduction on a {@link SimulatedMachine}, one after the other. */
final class SimulatedBlocks implements SimulatedMachine.Waiting {
  private final SimulatedMachine machine;
  private final ReduceSpec spec;
  private final int ranks;
  private final Runnable then;
  private int block;
  private boolean busy;

  /** What of a block goes on: its sum, and its way to all peers. */
  private int parts;

  SimulatedBlocks(SimulatedMachine machine, ReduceSpec spec, int ranks, Runnable then) {
    this.machine = machine;
    this.spec = spec;
    this.ranks = ranks;
    this.then = then;
  }

  @Override
  public boolean begin() {
    if (busy || block == spec.blocks() || !isOpen()) {
      return false;
    }
    busy = true;
    int rows = Math.min(spec.rows(), (block + 1) * spec.blockRows()) - block * spec.blockRows();
    double elements = (double) rows * spec.cols();
    double read = elements * spec.slots() * spec.inputType().bytes();
    double written = elements * spec.outputType().bytes();
    boolean spreads = spec.route() instanceof ReduceSpec.Everywhere;
    parts = spreads && ranks > 1 ? 2 : 1;
    machine.begin(Activity.memory(spec.rank(), Math.max(1, read + written), this::end));
    if (parts == 2) {
      spread(written);
    }
    return true;
  }

  private boolean isOpen() {
    ReduceSpec.Gate gate = spec.gate();
    for (int slot = 0; gate != null && slot < spec.slots(); slot++) {
      int index = block * spec.slots() + slot;
      long wanted = gate.perEpoch()[index] * machine.epoch(spec.epoch());
      int word = gate.words()[index];
      if (word >= 0 && !machine.reached(gate.signals(), spec.rank(), word, wanted)) {
        return false;
      }
    }
    if (spec.route() instanceof ReduceSpec.Everywhere all && all.clearance() != null) {
      TileRoute.Clearance clearance = all.clearance();
      long wanted = clearance.target().at(machine.epoch(spec.epoch()));
      for (int word : clearance.words()) {
        if (!machine.reached(clearance.signals(), spec.rank(), word, wanted)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The sum leaves for all peers by the one link of its rank while it is made. */
  private void spread(double bytes) {
    int next = (spec.rank() + 1) % ranks;
    machine.begin(Activity.push(spec.rank(), next, Math.max(1, (ranks - 1) * bytes), this::end));
  }

  private void end() {
    if (--parts > 0) {
      return;
    }
    if (spec.route() instanceof ReduceSpec.Everywhere all) {
      List<Integer> everybody = IntStream.range(0, ranks).boxed().toList();
      machine.raise(
          spec.rank(), new Work.Raise(all.signals(), everybody, all.words()[block], null, 1));
    }
    busy = false;
    if (++block == spec.blocks()) {
      then.run();
    }
  }
}
