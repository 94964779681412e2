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
 * with their neighbours of the same kind.
 */
final class TimelineSvg {
  private static final double WIDTH = 1040;
  private static final double LEFT = 190;
  private static final double RIGHT = 1024;
  private static final double ROW = 13;
  private static final double PITCH = 16;
  private static final double GROUP_GAP = 8;
  private static final double SMALLEST = 0.6;

  private final BenchReport.Timeline timeline;
  private final TimeAxis axis;
  private final double gemm;

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
  }

  String draw() {
    Map<Integer, Map<String, List<TraceEvent>>> ranks = lanes();
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
    return Html.svg(WIDTH, bottom + 26, summary(ranks), bands + axis.draw(top, bottom) + spans);
  }

  /**
   * Events by rank and lane, lanes in the same order everywhere; a lane that only waited shows
   * nothing and is left out. So are the parts of a tile, such as its store, which lie within it:
   * the trace file has them.
   */
  private Map<Integer, Map<String, List<TraceEvent>>> lanes() {
    Map<Integer, Map<String, List<TraceEvent>>> ranks = new TreeMap<>();
    for (TraceEvent event : timeline.events()) {
      if (event.kind() == TraceEvent.Kind.OTHER && event.name().contains(" of tile ")) {
        continue;
      }
      ranks
          .computeIfAbsent(event.rank(), r -> new TreeMap<>())
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
    // Waits first, so that what happens beside them on the same lane lies on top.
    for (boolean waits : new boolean[] {true, false}) {
      Span open = null;
      for (TraceEvent event : events) {
        if ((event.kind() == TraceEvent.Kind.WAIT) != waits) {
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

  private record Span(TraceEvent.Kind kind, double from, double to, int count, String title) {
    boolean absorbs(Span next) {
      boolean tiny = to - from < SMALLEST || next.to - next.from < SMALLEST;
      return tiny && next.kind == kind && next.from - to < SMALLEST / 2;
    }

    Span with(Span next) {
      return new Span(kind, from, Math.max(to, next.to), count + next.count, title);
    }
  }

  private Span span(TraceEvent event) {
    double start = (event.startNanos() - timeline.startNanos()) / 1e3;
    double end = (event.endNanos() - timeline.startNanos()) / 1e3;
    String title =
        event.name()
            + "\n"
            + name(event.kind())
            + ", "
            + Figures.micros(end - start)
            + " µs from "
            + Figures.micros(start)
            + " µs";
    return new Span(event.kind(), axis.x(start), axis.x(end), 1, title);
  }

  private static void draw(
      StringBuilder svg, @org.jspecify.annotations.Nullable Span span, double y) {
    if (span == null) {
      return;
    }
    boolean wait = span.kind() == TraceEvent.Kind.WAIT;
    double height = wait ? 4 : ROW;
    String title = span.count() == 1 ? span.title() : span.count() + " × " + span.title();
    double width = Math.max(0.4, span.to() - span.from() - (span.to() - span.from() > 3 ? 0.6 : 0));
    svg.append(
        Html.rect(
            span.from(),
            y + (ROW - height) / 2,
            width,
            height,
            width > 4 ? 1.5 : 0,
            name(span.kind()),
            title));
  }

  static String name(TraceEvent.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String shorten(String lane) {
    return lane.length() <= 18 ? lane : lane.substring(0, 17) + "…";
  }

  private String summary(Map<Integer, Map<String, List<TraceEvent>>> ranks) {
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
