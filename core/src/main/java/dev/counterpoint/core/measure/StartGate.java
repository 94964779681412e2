package dev.counterpoint.core.measure;

import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Target;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets all ranks start together: each rank's stream waits for a word of its own that is raised once
 * everything of this run is enqueued everywhere, so that no rank pays for the time the host takes
 * to enqueue. The host raises the first rank's, and that rank's device those of the others, since
 * the host takes tens of microseconds for each. Without peer access the host raises all.
 */
public final class StartGate implements AutoCloseable {
  /** The label of its waits in traces. */
  public static final String LABEL = "start gate";

  private static final int BY_HOST = 0;
  private static final int BY_FIRST = 1;

  private final World world;
  private final Signals signals;
  private final SignalArray words;
  private final List<Epoch> epochs = new ArrayList<>();
  private final int first;
  private final int[] others;

  /** Makes a gate for a world. */
  public StartGate(World world) {
    this.world = world;
    this.signals = world.backend().signals();
    this.words = signals.allocate(LABEL, 2);
    List<Integer> local = world.backend().localRanks();
    first = local.get(0);
    boolean chained = world.backend().capabilities().contains(Capability.PEER_ACCESS);
    others = local.stream().skip(1).filter(rank -> chained).mapToInt(Integer::intValue).toArray();
    for (Rank rank : world.localRanks()) {
      epochs.add(signals.newEpoch(rank.index()));
    }
  }

  /** Holds what is enqueued on a rank's stream from now on. */
  public void hold(Rank rank) {
    boolean byHost = rank.index() == first || others.length == 0;
    Epoch epoch = epochs.get(rank.index());
    rank.stream().label(LABEL);
    signals.advance(rank.stream(), epoch);
    signals.await(rank.stream(), words, byHost ? BY_HOST : BY_FIRST, epoch, Target.THIS_LAUNCH);
    if (rank.index() == first && others.length > 0) {
      signals.setAll(rank.stream(), words, others, BY_FIRST, epoch);
    }
    rank.stream().label("");
  }

  /** Lets all ranks go. */
  public void open() {
    signals.addFromHost(words, first, BY_HOST, 1);
    for (Rank rank : world.localRanks()) {
      if (rank.index() != first && others.length == 0) {
        signals.addFromHost(words, rank.index(), BY_HOST, 1);
      }
    }
  }

  @Override
  public void close() {
    epochs.forEach(Epoch::close);
    words.close();
  }
}
