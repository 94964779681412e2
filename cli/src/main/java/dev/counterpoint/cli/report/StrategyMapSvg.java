package dev.counterpoint.cli.report;

import dev.counterpoint.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which strategy is best for which shape: rows of A upwards, columns of B to the right, a colour
 * for each strategy, darker the more it gains over the sequential one. Cells that were measured
 * have a dot; the others are what a model says. A document of its own.
 */
public final class StrategyMapSvg {
  private static final double LEFT = 80;
  private static final double TOP = 58;
  private static final double CELL = 34;
  private static final double LEGEND = 30;

  /** Gains from none to this one deepen a colour. */
  private static final double FULL_GAIN = 0.5;

  /**
   * One shape.
   *
   * @param m rows of A
   * @param n columns of B
   * @param strategy the best one
   * @param gain sequential time over its time
   * @param measured whether both were measured, and not modelled
   */
  public record Cell(int m, int n, Strategy strategy, double gain, boolean measured) {}

  private final String title;
  private final List<String> notes;
  private final List<Cell> cells;

  /**
   * Creates a drawing.
   *
   * @param title operator, inner dimension, types and machine
   * @param notes what is modelled, emulated or simulated; a line each
   */
  public StrategyMapSvg(String title, List<String> notes, List<Cell> cells) {
    this.title = title;
    this.notes = List.copyOf(notes);
    this.cells = List.copyOf(cells);
  }

  /** The whole document. */
  public String draw() {
    Map<Integer, Integer> columns = places(cells.stream().map(Cell::n).toList(), false);
    Map<Integer, Integer> rows = places(cells.stream().map(Cell::m).toList(), true);
    double bottom = TOP + rows.size() * CELL;
    double width = Math.max(620, LEFT + columns.size() * CELL + 20);
    double height = bottom + 52 + LEGEND + 18 * notes.size();
    StringBuilder svg = new StringBuilder();
    svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
        .append(Html.at(width))
        .append(' ')
        .append(Html.at(height))
        .append("\" font-family=\"sans-serif\" font-size=\"11\">\n")
        .append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n")
        .append(text(16, 24, "start", 15, title))
        .append(text(LEFT - 8, TOP - 8, "end", 11, "M \\ N"));
    columns.forEach(
        (n, place) ->
            svg.append(text(LEFT + (place + 0.5) * CELL, TOP - 8, "middle", 9, n.toString())));
    rows.forEach(
        (m, place) ->
            svg.append(text(LEFT - 8, TOP + (place + 0.62) * CELL, "end", 11, m.toString())));
    for (Cell cell : cells) {
      svg.append(
          cell(
              cell,
              LEFT + columns.getOrDefault(cell.n(), 0) * CELL,
              TOP + rows.getOrDefault(cell.m(), 0) * CELL));
    }
    legend(svg, bottom + 26);
    double y = bottom + 26 + LEGEND + 14;
    for (String note : notes) {
      svg.append(text(16, y, "start", 11, note));
      y += 18;
    }
    return svg.append("</svg>\n").toString();
  }

  private static Map<Integer, Integer> places(List<Integer> values, boolean descending) {
    List<Integer> sorted = new ArrayList<>(new TreeSet<>(values));
    Map<Integer, Integer> places = new TreeMap<>();
    for (int i = 0; i < sorted.size(); i++) {
      places.put(sorted.get(i), descending ? sorted.size() - 1 - i : i);
    }
    return places;
  }

  private static String cell(Cell cell, double x, double y) {
    double depth = 0.3 + 0.7 * Math.max(0, Math.min(1, (cell.gain() - 1) / FULL_GAIN));
    String words =
        String.format(
            Locale.ROOT,
            "M %d, N %d: %s, %.2f× sequential, %s",
            cell.m(),
            cell.n(),
            name(cell.strategy()),
            cell.gain(),
            cell.measured() ? "measured" : "modelled");
    String dot =
        cell.measured()
            ? String.format(
                Locale.ROOT,
                "<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"#000\"/>",
                Html.at(x + CELL / 2),
                Html.at(y + CELL / 2))
            : "";
    return "<g><title>"
        + Html.escape(words)
        + "</title>"
        + square(x, y, CELL - 2, cell.strategy(), depth)
        + dot
        + "</g>\n";
  }

  private void legend(StringBuilder svg, double y) {
    double x = 16;
    for (Strategy strategy : Strategy.values()) {
      if (cells.stream().anyMatch(cell -> cell.strategy() == strategy)) {
        svg.append(square(x, y, 14, strategy, 1));
        svg.append(text(x + 20, y + 11, "start", 11, name(strategy)));
        x += 96;
      }
    }
  }

  private static String square(double x, double y, double size, Strategy strategy, double depth) {
    return "<rect x=\""
        + Html.at(x)
        + "\" y=\""
        + Html.at(y)
        + "\" width=\""
        + Html.at(size)
        + "\" height=\""
        + Html.at(size)
        + "\" rx=\"2\" fill=\""
        + color(strategy)
        + "\" fill-opacity=\""
        + Html.at(depth)
        + "\"/>";
  }

  private static String text(double x, double y, String anchor, int size, String words) {
    return "<text x=\""
        + Html.at(x)
        + "\" y=\""
        + Html.at(y)
        + "\" text-anchor=\""
        + anchor
        + "\" font-size=\""
        + size
        + "\">"
        + Html.escape(words)
        + "</text>\n";
  }

  private static String name(Strategy strategy) {
    return strategy.name().toLowerCase(Locale.ROOT);
  }

  /** Told apart by people who do not see all colours, too (Okabe and Ito's palette). */
  private static String color(Strategy strategy) {
    return switch (strategy) {
      case AUTO -> "#000000";
      case SEQUENTIAL -> "#999999";
      case PIPELINED -> "#56b4e9";
      case RING -> "#009e73";
      case DECOMPOSED -> "#e69f00";
      case SIGNALED -> "#cc79a7";
      case FUSED -> "#d55e00";
    };
  }
}
