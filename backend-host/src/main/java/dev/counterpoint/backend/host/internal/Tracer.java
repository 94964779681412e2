package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.TraceEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Collects spans while tracing is on; off, it costs one volatile read for each would-be span. */
final class Tracer {
  private final ConcurrentLinkedQueue<TraceEvent> events = new ConcurrentLinkedQueue<>();
  private volatile boolean on;
  private volatile long since;

  boolean on() {
    return on;
  }

  void start() {
    events.clear();
    since = System.nanoTime();
    on = true;
  }

  /** Keeps a span that ends now. What began before tracing did is cut to it. */
  void span(
      int rank, String lane, TraceEvent.Kind kind, String name, String operation, long startNanos) {
    if (on) {
      events.add(
          new TraceEvent(
              rank, lane, kind, name, operation, Math.max(startNanos, since), System.nanoTime()));
    }
  }

  List<TraceEvent> stop() {
    on = false;
    List<TraceEvent> all = new ArrayList<>(events);
    events.clear();
    all.sort(Comparator.comparingLong(TraceEvent::startNanos));
    return all;
  }
}
