package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileRoute;

/**
 * Keeps a rank that is a launch ahead from overwriting what a peer still reads.
 *
 * <p>Every rank has one word per peer: word p says up to which launch peer p has consumed what was
 * sent to it. A sender waits for the previous launch's value before it stores into p's memory
 * again. One buffer suffices: the buffer of launch n is free as soon as its reader has raised n,
 * and a sender that is late by its own work finds the word raised already. Fixed addresses are also
 * what a captured copy needs, which cannot alternate between buffers.
 */
final class BackPressure {
  private final Signals signals;
  private final SignalArray consumed;
  private final int[] everyone;

  BackPressure(PlanContext context) {
    signals = context.backend().signals();
    everyone = new int[context.size()];
    for (int r = 0; r < everyone.length; r++) {
      everyone[r] = r;
    }
    consumed = context.signals("consumed", everyone.length);
  }

  /** Holds the stream until peer {@code p} has consumed the previous launch. */
  void awaitPeer(Stream stream, Lane lane, int p) {
    signals.await(stream, consumed, p, lane.epoch(), Target.PREVIOUS_LAUNCH);
  }

  /** Holds the stream until every rank has consumed the previous launch. */
  void awaitAll(Stream stream, Lane lane) {
    signals.awaitAll(stream, consumed, 0, everyone.length, lane.epoch(), Target.PREVIOUS_LAUNCH);
  }

  /**
   * Tells every rank that this one has consumed this launch, once everything earlier on the stream
   * is done.
   */
  void release(Stream stream, Lane lane) {
    signals.setAll(stream, consumed, everyone, lane.rank(), lane.epoch());
  }

  /** The same, where one rank alone stores into this one's memory. */
  void releaseTo(Stream stream, Lane lane, int p) {
    signals.set(stream, consumed, p, lane.rank(), lane.epoch());
  }

  /** The same for stores to one rank only. */
  TileRoute.Clearance clearanceOf(int owner) {
    return new TileRoute.Clearance(consumed, new int[] {owner}, Target.PREVIOUS_LAUNCH);
  }

  /** The same for shards that belong to these ranks. */
  TileRoute.Clearance clearanceOf(ShardOwners owners) {
    return new TileRoute.Clearance(consumed, owners.ranks(), Target.PREVIOUS_LAUNCH);
  }

  /** The same wait as a hook: before a store to rank p, the storing rank's word p. */
  TileRoute.Clearance clearance() {
    return new TileRoute.Clearance(consumed, everyone, Target.PREVIOUS_LAUNCH);
  }
}
