package dev.counterpoint.core.measure;

import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Target;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets all ranks start together: each rank's stream waits for a word of its own that the host
 * raises once everything of this run is enqueued everywhere, so that no rank pays for the time the
 * host takes to enqueue.
 */
public final class StartGate implements AutoCloseable {
  /** The label of its waits in traces. */
  public static final String LABEL = "start gate";

  private final World world;
  private final Signals signals;
  private final SignalArray word;
  private final List<Epoch> epochs = new ArrayList<>();

  /** Makes a gate for a world. */
  public StartGate(World world) {
    this.world = world;
    this.signals = world.backend().signals();
    this.word = signals.allocate(LABEL, 1);
    for (Rank rank : world.localRanks()) {
      epochs.add(signals.newEpoch(rank.index()));
    }
  }

  /** Holds what is enqueued on a rank's stream from now on. */
  public void hold(Rank rank) {
    Epoch epoch = epochs.get(rank.index());
    rank.stream().label(LABEL);
    signals.advance(rank.stream(), epoch);
    signals.await(rank.stream(), word, 0, epoch, Target.THIS_LAUNCH);
    rank.stream().label("");
  }

  /** Lets all ranks go. */
  public void open() {
    for (Rank rank : world.localRanks()) {
      signals.addFromHost(word, rank.index(), 0, 1);
    }
  }

  @Override
  public void close() {
    epochs.forEach(Epoch::close);
    word.close();
  }
}
