package dev.counterpoint.cli.report;

import dev.counterpoint.spi.TraceEvent;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What every multiprocessor of one rank did in one run, a thin line each: waiting at a gate,
 * computing and storing told apart. Thousands of spans must not make a page of megabytes: the
 * longest of them say what they are when they are pointed at, all others of a kind are one path.
 */
final class UnitLanesSvg {
  private static final double PITCH = 4;
  private static final double THICK = 3;
  private static final int LABELLED = 16;

  /** So many spans of each kind have words of their own: the longest of a rank. */
  private static final int WITH_WORDS = 100;

  private final UnitLanes units;
  private final long zero;
  private final TimeAxis axis;
  private final double gemm;
  private final Set<TraceEvent> worded = new HashSet<>();
  private final Map<TilePart, StringBuilder> paths = new EnumMap<>(TilePart.class);

  /**
   * Creates a drawing.
   *
   * @param zero where the run starts, in nanoseconds
   * @param axis that of the streams' drawing
   * @param gemm microseconds of the GEMM alone
   */
  UnitLanesSvg(UnitLanes units, long zero, TimeAxis axis, double gemm) {
    this.units = units;
    this.zero = zero;
    this.axis = axis;
    this.gemm = gemm;
    for (TilePart part : TilePart.values()) {
      units.lanes().values().stream()
          .flatMap(List::stream)
          .filter(event -> TilePart.of(event) == part)
          .sorted(Comparator.comparingLong(UnitLanesSvg::length).reversed())
          .limit(WITH_WORDS)
          .forEach(worded::add);
    }
  }

  private static long length(TraceEvent event) {
    return event.endNanos() - event.startNanos();
  }

  String draw() {
    double top = 8;
    double bottom = top + units.lanes().size() * PITCH;
    StringBuilder labels = new StringBuilder();
    // What lies within a tile is drawn after it, hence on top.
    StringBuilder below = new StringBuilder();
    StringBuilder above = new StringBuilder();
    double y = top;
    int place = 0;
    for (Map.Entry<String, List<TraceEvent>> lane : units.lanes().entrySet()) {
      if (place % LABELLED == 0) {
        labels.append(Html.text(axis.left() - 10, y + 2 * THICK, "end", "minor", lane.getKey()));
      }
      for (TraceEvent event : lane.getValue()) {
        add(event, y, TilePart.of(event).isInside() ? above : below);
      }
      y += PITCH;
      place++;
    }
    StringBuilder drawing = new StringBuilder(axis.draw(top, bottom)).append(labels);
    paths.forEach(
        (part, path) -> {
          if (!part.isInside()) {
            drawing.append(path(part, path));
          }
        });
    drawing.append(below);
    paths.forEach(
        (part, path) -> {
          if (part.isInside()) {
            drawing.append(path(part, path));
          }
        });
    drawing.append(above);
    drawing.append(Html.line(axis.x(gemm), top - 6, axis.x(gemm), bottom, "rule"));
    return Html.svg(
        TimelineSvg.WIDTH,
        bottom + 26,
        "Multiprocessors of " + units.summary(),
        drawing.toString());
  }

  private void add(TraceEvent event, double y, StringBuilder words) {
    double from = axis.x((event.startNanos() - zero) / 1e3);
    double to = axis.x((event.endNanos() - zero) / 1e3);
    TilePart part = TilePart.of(event);
    double width = Math.max(0.2, to - from - (part == TilePart.TILE ? 0.3 : 0));
    if (worded.contains(event)) {
      String title = TimelineSvg.words(event, zero);
      words.append(Html.rect(from, y, width, THICK, 0, style(part), title));
      return;
    }
    paths
        .computeIfAbsent(part, p -> new StringBuilder())
        .append('M')
        .append(Html.at(from))
        .append(' ')
        .append(Html.at(y + THICK / 2))
        .append('h')
        .append(Html.at(width));
  }

  private static String path(TilePart part, StringBuilder steps) {
    return "<path class=\"" + style(part) + "-line\" d=\"" + steps + "\"/>\n";
  }

  /** The style sheet's name for it. */
  static String style(TilePart part) {
    return switch (part) {
      case GATE -> "gate";
      case TILE -> "compute";
      case STORE -> "store";
      case POST -> "post";
      case NONE -> "other";
    };
  }
}
