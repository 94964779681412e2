package dev.counterpoint.cli.report;

import dev.counterpoint.spi.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What every lane of every rank did in one run. All strategies of a report share one scale, and a
 * dashed rule shows where the GEMM alone would have ended. Spans too small to be seen are joined
 * with their neighbours of the same kind. Lanes that are many are left to {@link UnitLanesSvg}.
 */
final class TimelineSvg {
  static final double WIDTH = 1040;
  private static final double LEFT = 190;
  private static final double RIGHT = 1024;
  private static final double ROW = 13;
  private static final double PITCH = 16;
  private static final double GROUP_GAP = 8;
  private static final double SMALLEST = 0.6;
  private static final int LAYERS = 3;

  private final BenchReport.Timeline timeline;
  private final TimeAxis axis;
  private final double gemm;
  private final Map<Integer, Map<String, List<TraceEvent>>> ranks;
  private final List<UnitLanes> units = new ArrayList<>();

  /**
   * Creates a drawing.
   *
   * @param longest microseconds at the end of the axis
   * @param gemm microseconds of the GEMM alone
   */
  TimelineSvg(BenchReport.Timeline timeline, double longest, double gemm) {
    this.timeline = timeline;
    this.axis = new TimeAxis(LEFT, RIGHT, longest);
    this.gemm = gemm;
    ranks = lanes();
    ranks.forEach((rank, lanes) -> units.addAll(UnitLanes.takenFrom(rank, lanes)));
  }

  /** Each rank's multiprocessors, where they are too many to be drawn here. */
  List<UnitLanes> units() {
    return units;
  }

  /** The drawing of some of those. */
  String draw(UnitLanes some) {
    return new UnitLanesSvg(some, timeline.startNanos(), axis, gemm).draw();
  }

  String draw() {
    double top = 8;
    double bottom =
        top + ranks.values().stream().mapToDouble(lanes -> lanes.size() * PITCH + GROUP_GAP).sum();
    StringBuilder bands = new StringBuilder();
    StringBuilder spans = new StringBuilder();
    double y = top;
    for (Map.Entry<Integer, Map<String, List<TraceEvent>>> rank : ranks.entrySet()) {
      double height = rank.getValue().size() * PITCH + 1;
      bands.append(Html.rect(0, y - 2, WIDTH, height + 2, 4, "band", ""));
      spans.append(Html.text(8, y + ROW * 0.82, "start", "", "rank " + rank.getKey()));
      for (Map.Entry<String, List<TraceEvent>> lane : rank.getValue().entrySet()) {
        spans.append(Html.text(LEFT - 10, y + ROW * 0.8, "end", "minor", shorten(lane.getKey())));
        lane(spans, lane.getValue(), y);
        y += PITCH;
      }
      y += GROUP_GAP;
    }
    spans.append(Html.line(axis.x(gemm), top - 6, axis.x(gemm), bottom, "rule"));
    return Html.svg(WIDTH, bottom + 26, summary(), bands + axis.draw(top, bottom) + spans);
  }

  /**
   * Events by rank and lane, lanes in the same order everywhere; a lane that only waited shows
   * nothing and is left out.
   */
  private Map<Integer, Map<String, List<TraceEvent>>> lanes() {
    Map<Integer, Map<String, List<TraceEvent>>> ranks = new TreeMap<>();
    for (TraceEvent event : timeline.events()) {
      ranks
          .computeIfAbsent(event.rank(), r -> new TreeMap<>(LaneOrder.NATURAL))
          .computeIfAbsent(event.lane(), l -> new ArrayList<>())
          .add(event);
    }
    for (Map<String, List<TraceEvent>> lanes : ranks.values()) {
      lanes
          .values()
          .removeIf(
              events -> events.stream().allMatch(event -> event.kind() == TraceEvent.Kind.WAIT));
    }
    return ranks;
  }

  private void lane(StringBuilder svg, List<TraceEvent> events, double y) {
    // Waits first, so that what happens beside them on the same lane lies on top; so does what
    // is a part of something else.
    for (int layer = 0; layer < LAYERS; layer++) {
      Span open = null;
      for (TraceEvent event : events) {
        if (layer(event) != layer) {
          continue;
        }
        Span span = span(event);
        if (open != null && open.absorbs(span)) {
          open = open.with(span);
          continue;
        }
        draw(svg, open, y);
        open = span;
      }
      draw(svg, open, y);
    }
  }

  private static int layer(TraceEvent event) {
    return event.kind() == TraceEvent.Kind.WAIT ? 0 : TilePart.of(event).isInside() ? 2 : 1;
  }

  private record Span(String kind, double from, double to, int count, String title) {
    boolean absorbs(Span next) {
      boolean tiny = to - from < SMALLEST || next.to - next.from < SMALLEST;
      return tiny && next.kind.equals(kind) && next.from - to < SMALLEST / 2;
    }

    Span with(Span next) {
      return new Span(kind, from, Math.max(to, next.to), count + next.count, title);
    }
  }

  private Span span(TraceEvent event) {
    double start = (event.startNanos() - timeline.startNanos()) / 1e3;
    double end = (event.endNanos() - timeline.startNanos()) / 1e3;
    return new Span(
        kind(event), axis.x(start), axis.x(end), 1, words(event, timeline.startNanos()));
  }

  /** The style sheet's name for what an event is. */
  static String kind(TraceEvent event) {
    TilePart part = TilePart.of(event);
    return part == TilePart.NONE || part == TilePart.GATE
        ? name(event.kind())
        : UnitLanesSvg.style(part);
  }

  /** What an event is, how long it took, and when it began. */
  static String words(TraceEvent event, long zero) {
    double start = (event.startNanos() - zero) / 1e3;
    double end = (event.endNanos() - zero) / 1e3;
    return event.name()
        + "\n"
        + kind(event)
        + ", "
        + Figures.micros(end - start)
        + " µs from "
        + Figures.micros(start)
        + " µs";
  }

  private static void draw(
      StringBuilder svg, @org.jspecify.annotations.Nullable Span span, double y) {
    if (span == null) {
      return;
    }
    double height = span.kind().equals(name(TraceEvent.Kind.WAIT)) ? 4 : ROW;
    String title = span.count() == 1 ? span.title() : span.count() + " × " + span.title();
    double width = Math.max(0.4, span.to() - span.from() - (span.to() - span.from() > 3 ? 0.6 : 0));
    svg.append(
        Html.rect(
            span.from(),
            y + (ROW - height) / 2,
            width,
            height,
            width > 4 ? 1.5 : 0,
            span.kind(),
            title));
  }

  static String name(TraceEvent.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String shorten(String lane) {
    return lane.length() <= 18 ? lane : lane.substring(0, 17) + "…";
  }

  private String summary() {
    return "Timeline of "
        + timeline.strategy()
        + ": "
        + timeline.events().size()
        + " spans on "
        + ranks.size()
        + " ranks in "
        + Figures.micros(timeline.micros())
        + " microseconds";
  }
}
