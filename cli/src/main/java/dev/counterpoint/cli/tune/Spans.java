package dev.counterpoint.cli.tune;

import dev.counterpoint.spi.TraceEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Spans of time that do not overlap, ascending.
 *
 * @param spans each start and end, in nanoseconds
 */
record Spans(List<long[]> spans) {
  Spans {
    spans = List.copyOf(spans);
  }

  /** The time covered by at least one of the events. */
  static Spans of(List<TraceEvent> events, Predicate<TraceEvent> which) {
    List<long[]> merged = new ArrayList<>();
    events.stream()
        .filter(which)
        .sorted(Comparator.comparingLong(TraceEvent::startNanos))
        .forEach(
            event -> {
              long[] last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
              if (last != null && event.startNanos() <= last[1]) {
                last[1] = Math.max(last[1], event.endNanos());
              } else {
                merged.add(new long[] {event.startNanos(), event.endNanos()});
              }
            });
    return new Spans(merged);
  }

  boolean isEmpty() {
    return spans.isEmpty();
  }

  long start() {
    return spans.get(0)[0];
  }

  long end() {
    return spans.get(spans.size() - 1)[1];
  }

  /** How much time is covered. */
  double micros() {
    return spans.stream().mapToLong(span -> span[1] - span[0]).sum() / 1e3;
  }

  /** How much time both cover. */
  double microsWith(Spans other) {
    long both = 0;
    for (long[] a : spans) {
      for (long[] b : other.spans) {
        both += Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]));
      }
    }
    return both / 1e3;
  }
}
