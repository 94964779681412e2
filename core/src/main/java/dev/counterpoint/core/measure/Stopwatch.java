package dev.counterpoint.core.measure;

import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Times one execution on all ranks: they start together ({@link StartGate}), each rank's time is
 * taken by events on its own stream, and the slowest rank's counts. Where a backend's events carry
 * no time, the host's clock is read instead, from the opening of the gate to the end of all
 * streams.
 */
public final class Stopwatch implements AutoCloseable {
  private final World world;
  private final Duration deadline;
  private final StartGate gate;
  private final List<Event> starts = new ArrayList<>();
  private final List<Event> ends = new ArrayList<>();
  private final boolean timed;

  /**
   * Makes a stopwatch.
   *
   * @param deadline bound of one timed execution
   */
  public Stopwatch(World world, Duration deadline) {
    this.world = world;
    this.deadline = deadline;
    this.gate = new StartGate(world);
    this.timed = world.backend().capabilities().contains(Capability.TIMED_EVENTS);
    if (timed) {
      for (Rank rank : world.localRanks()) {
        starts.add(rank.device().newEvent(true));
        ends.add(rank.device().newEvent(true));
      }
    }
  }

  /** Whether times come from the devices. */
  public boolean readsDevices() {
    return timed;
  }

  /** Runs it once on every rank, and returns the microseconds it took. */
  public double micros(Consumer<Rank> work) {
    world.onEachRank(
        rank -> {
          gate.hold(rank);
          mark(rank, starts);
          work.accept(rank);
          mark(rank, ends);
        });
    long opened = System.nanoTime();
    gate.open();
    world.synchronize(deadline);
    return (timed ? deviceNanos() : System.nanoTime() - opened) / 1e3;
  }

  /**
   * Runs it twice on every rank without anything in between, and returns the microseconds that the
   * second took. The first brings the ranks into step, in the place of a gate: a gate opens by work
   * of the host on a device, for which replays of large graphs may leave no hardware queue. Without
   * timed events, the host's clock tells how long both took, and half of it is returned.
   */
  public double microsInStride(Consumer<Rank> work) {
    long begun = System.nanoTime();
    world.onEachRank(
        rank -> {
          work.accept(rank);
          mark(rank, starts);
          work.accept(rank);
          mark(rank, ends);
        });
    world.synchronize(deadline);
    return (timed ? deviceNanos() : (System.nanoTime() - begun) / 2.0) / 1e3;
  }

  /**
   * Of the slowest rank, the microseconds from the start of the last run to an event that was
   * recorded in it; by rank. Needs {@link #readsDevices}.
   */
  public double microsTo(List<Event> events) {
    double nanos = 0;
    for (Rank rank : world.localRanks()) {
      nanos = Math.max(nanos, events.get(rank.index()).nanosSince(starts.get(rank.index())));
    }
    return nanos / 1e3;
  }

  /** Of the slowest rank, from its start to its end. */
  private double deviceNanos() {
    double nanos = 0;
    for (Rank rank : world.localRanks()) {
      nanos = Math.max(nanos, ends.get(rank.index()).nanosSince(starts.get(rank.index())));
    }
    return nanos;
  }

  private void mark(Rank rank, List<Event> events) {
    if (timed) {
      rank.stream().record(events.get(rank.index()));
    }
  }

  @Override
  public void close() {
    starts.forEach(Event::close);
    ends.forEach(Event::close);
    gate.close();
  }
}
