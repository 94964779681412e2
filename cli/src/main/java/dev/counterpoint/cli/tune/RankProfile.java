package dev.counterpoint.cli.tune;

import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one rank did in one traced run, in microseconds.
 *
 * @param rank which
 * @param total from its first event to its last
 * @param computing some tile or GEMM ran
 * @param moving some transfer or collective ran
 * @param both of that, while it computed
 * @param head before the first multiplication
 * @param gaps without multiplication between the first and the last
 * @param tailWave at the end of the multiplications, fewer than half of the compute lanes busy
 * @param after the last multiplication
 */
record RankProfile(
    int rank,
    double total,
    double computing,
    double moving,
    double both,
    double head,
    double gaps,
    double tailWave,
    double after) {

  /** By rank. */
  static List<RankProfile> of(List<TraceEvent> events) {
    Map<Integer, List<TraceEvent>> byRank = new TreeMap<>();
    for (TraceEvent event : events) {
      byRank.computeIfAbsent(event.rank(), rank -> new ArrayList<>()).add(event);
    }
    List<RankProfile> profiles = new ArrayList<>();
    byRank.forEach((rank, own) -> profiles.add(of(rank, withoutFrames(own))));
    return profiles;
  }

  /**
   * Leaves out spans of whole GEMMs whose tiles were traced: they also cover the tiles' waiting.
   */
  private static List<TraceEvent> withoutFrames(List<TraceEvent> events) {
    Spans tiles = Spans.of(events, RankProfile::isTile);
    return events.stream()
        .filter(
            event ->
                event.kind() != Kind.COMPUTE
                    || isTile(event)
                    || Spans.of(List.of(event), e -> true).microsWith(tiles) == 0)
        .toList();
  }

  private static boolean isTile(TraceEvent event) {
    return event.kind() == Kind.COMPUTE && event.name().matches("tile [0-9]+");
  }

  private static RankProfile of(int rank, List<TraceEvent> events) {
    Spans all = Spans.of(events, event -> true);
    Spans computing = Spans.of(events, event -> event.kind() == Kind.COMPUTE);
    Spans moving =
        Spans.of(events, event -> event.kind() == Kind.TRANSFER || event.kind() == Kind.COLLECTIVE);
    if (computing.isEmpty()) {
      double total = (all.end() - all.start()) / 1e3;
      return new RankProfile(rank, total, 0, moving.micros(), 0, total, 0, 0, 0);
    }
    double between = (computing.end() - computing.start()) / 1e3;
    return new RankProfile(
        rank,
        (all.end() - all.start()) / 1e3,
        computing.micros(),
        moving.micros(),
        computing.microsWith(moving),
        (computing.start() - all.start()) / 1e3,
        between - computing.micros(),
        tailWave(events),
        (all.end() - computing.end()) / 1e3);
  }

  /** From the time when half of the lanes have done their last tile. */
  private static double tailWave(List<TraceEvent> events) {
    Map<String, Long> ends = new TreeMap<>();
    for (TraceEvent event : events) {
      if (event.kind() == Kind.COMPUTE) {
        ends.merge(event.lane(), event.endNanos(), Math::max);
      }
    }
    List<Long> sorted = ends.values().stream().sorted().toList();
    return (sorted.get(sorted.size() - 1) - sorted.get((sorted.size() - 1) / 2)) / 1e3;
  }
}
