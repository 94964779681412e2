package dev.counterpoint.cli.report;

import dev.counterpoint.spi.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lanes of one rank that are so many that they are drawn apart from its streams: the
 * multiprocessors of a device.
 *
 * @param rank whose
 * @param stem what their names have in common
 * @param lanes events by lane, in the order of their numbers
 */
record UnitLanes(int rank, String stem, Map<String, List<TraceEvent>> lanes) {
  /** Fewer are drawn among the streams. */
  private static final int MANY = 12;

  /** Takes the lanes that are many out of a rank's, and returns them; one group for each stem. */
  static List<UnitLanes> takenFrom(int rank, Map<String, List<TraceEvent>> lanes) {
    Map<String, Map<String, List<TraceEvent>>> byStem = new TreeMap<>();
    lanes.forEach(
        (lane, events) -> {
          if (LaneOrder.number(lane) >= 0) {
            byStem
                .computeIfAbsent(LaneOrder.stem(lane), s -> new TreeMap<>(LaneOrder.NATURAL))
                .put(lane, events);
          }
        });
    List<UnitLanes> many = new ArrayList<>();
    byStem.forEach(
        (stem, group) -> {
          if (group.size() >= MANY) {
            many.add(new UnitLanes(rank, stem, group));
            lanes.keySet().removeAll(group.keySet());
          }
        });
    return many;
  }

  /** When the last of them ends, in nanoseconds. */
  long endNanos() {
    return lanes.values().stream()
        .flatMap(List::stream)
        .mapToLong(TraceEvent::endNanos)
        .max()
        .orElse(0);
  }

  /** One line: how many, and what they did with their time until the last of them ended. */
  String summary() {
    long start =
        lanes.values().stream()
            .flatMap(List::stream)
            .mapToLong(TraceEvent::startNanos)
            .min()
            .orElse(0);
    double all = Math.max(1, endNanos() - start) * (double) lanes.size();
    long tiles = count(TilePart.TILE);
    return String.format(
        Locale.ROOT,
        "rank %d: %d × %s, %d tiles; of their time %.0f %% computing, %.0f %% storing, %.0f %%"
            + " waiting at gates",
        rank,
        lanes.size(),
        stem.isBlank() ? "lane" : stem.strip(),
        tiles,
        100 * (nanos(TilePart.TILE) - nanos(TilePart.STORE)) / all,
        100 * nanos(TilePart.STORE) / all,
        100 * nanos(TilePart.GATE) / all);
  }

  private long count(TilePart part) {
    return lanes.values().stream()
        .flatMap(List::stream)
        .filter(event -> TilePart.of(event) == part)
        .count();
  }

  private double nanos(TilePart part) {
    return lanes.values().stream()
        .flatMap(List::stream)
        .filter(event -> TilePart.of(event) == part)
        .mapToLong(event -> event.endNanos() - event.startNanos())
        .sum();
  }
}
