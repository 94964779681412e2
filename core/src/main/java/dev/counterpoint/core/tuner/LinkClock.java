package dev.counterpoint.core.tuner;

import dev.counterpoint.spi.Transport;

/** The link of one rank in one direction, which carries one transfer after the other. */
final class LinkClock {
  private final LatencyModel model;
  private final Transport transport;
  private double free;

  LinkClock(LatencyModel model, Transport transport) {
    this.model = model;
    this.transport = transport;
  }

  /** When a transfer that can begin at {@code ready} has arrived; microseconds. */
  double arrival(double ready, double bytes) {
    double begin = Math.max(ready, free);
    free = begin + model.streamedPush(transport, bytes);
    return Math.max(free, begin + model.push(transport, bytes));
  }
}
