package dev.counterpoint.backend.host.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the streams of one rank share. */
final class RankState {
  /** Rung when one of the rank's words is raised. */
  final Bell words;

  /** Position in the rank's sequence of collective calls, taken when they are enqueued. */
  final AtomicLong collectiveCalls = new AtomicLong();

  final WorkCrew crew;
  final DeliveryAgent agent;
  private final AtomicInteger lanes = new AtomicInteger();

  RankState(HostContext context, int rank) {
    words = context.faults.register(new Bell());
    crew = new WorkCrew(context, rank, context.options.threads() - 1);
    agent = new DeliveryAgent(context, rank);
  }

  /** A number for each device thread, from which its delays are seeded. */
  int nextLane() {
    return lanes.getAndIncrement();
  }
}
