package dev.counterpoint.core.tuner;

/** The link of one rank in one direction, which carries one transfer after the other. */
final class LinkClock {
  private final LatencyModel model;
  private double free;

  LinkClock(LatencyModel model) {
    this.model = model;
  }

  /** When a transfer that can begin at {@code ready} has arrived; microseconds. */
  double arrival(double ready, double bytes) {
    double alone = model.micros(Route.PUSH, bytes);
    double begin = Math.max(ready, free);
    free = begin + Math.min(alone, model.micros(Route.STREAMED_PUSH, bytes));
    return Math.max(free, begin + alone);
  }
}
