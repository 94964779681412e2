package dev.counterpoint.cli.tune;

import dev.counterpoint.cli.report.TilePart;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * What one rank did in one traced run, in microseconds. A rank computes on lanes: its
 * multiprocessors where their tiles were traced, otherwise the streams of whole GEMMs. The mean
 * lane's time is divided without a rest: {@code total = head + busy + gaps + tailWave + after}.
 *
 * @param rank which
 * @param total from its first event to its last
 * @param computing some tile or GEMM ran on any lane
 * @param moving some transfer or collective ran
 * @param both of that, while it computed
 * @param head before the first multiplication
 * @param busy of the mean lane: it had a tile or a GEMM
 * @param storing of the mean lane, and part of {@code busy}: its tiles were being stored
 * @param gaps of the mean lane: it had nothing, between the first multiplication and its own last
 * @param tailWave of the mean lane: from its own last multiplication to the last of any lane
 * @param after the last multiplication
 */
record RankProfile(
    int rank,
    double total,
    double computing,
    double moving,
    double both,
    double head,
    double busy,
    double storing,
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
    return TilePart.of(event) == TilePart.TILE;
  }

  private static RankProfile of(int rank, List<TraceEvent> events) {
    Spans all = Spans.of(events, event -> true);
    Spans computing = Spans.of(events, event -> event.kind() == Kind.COMPUTE);
    Spans moving =
        Spans.of(events, event -> event.kind() == Kind.TRANSFER || event.kind() == Kind.COLLECTIVE);
    double total = (all.end() - all.start()) / 1e3;
    if (computing.isEmpty()) {
      return new RankProfile(rank, total, 0, moving.micros(), 0, total, 0, 0, 0, 0, 0);
    }
    List<Spans> lanes = lanes(events);
    double busy = mean(lanes, Spans::micros);
    double tail = mean(lanes, lane -> (computing.end() - lane.end()) / 1e3);
    double between = (computing.end() - computing.start()) / 1e3;
    return new RankProfile(
        rank,
        total,
        computing.micros(),
        moving.micros(),
        computing.microsWith(moving),
        (computing.start() - all.start()) / 1e3,
        busy,
        storing(events, lanes.size()),
        between - busy - tail,
        tail,
        (all.end() - computing.end()) / 1e3);
  }

  /** What each lane computed. A whole GEMM beside traced tiles has all of their lanes. */
  private static List<Spans> lanes(List<TraceEvent> events) {
    Map<String, List<TraceEvent>> lanes = new TreeMap<>();
    List<TraceEvent> whole = new ArrayList<>();
    for (TraceEvent event : events) {
      if (isTile(event)) {
        lanes.computeIfAbsent(event.lane(), lane -> new ArrayList<>()).add(event);
      } else if (event.kind() == Kind.COMPUTE) {
        whole.add(event);
      }
    }
    if (lanes.isEmpty()) {
      whole.forEach(
          gemm -> lanes.computeIfAbsent(gemm.lane(), lane -> new ArrayList<>()).add(gemm));
    } else {
      lanes.values().forEach(lane -> lane.addAll(whole));
    }
    return lanes.values().stream().map(lane -> Spans.of(lane, event -> true)).toList();
  }

  private static double mean(List<Spans> lanes, ToDoubleFunction<Spans> figure) {
    return lanes.stream().mapToDouble(figure).average().orElse(0);
  }

  private static double storing(List<TraceEvent> events, int lanes) {
    return events.stream()
            .filter(event -> TilePart.of(event) == TilePart.STORE)
            .mapToLong(event -> event.endNanos() - event.startNanos())
            .sum()
        / 1e3
        / lanes;
  }
}
