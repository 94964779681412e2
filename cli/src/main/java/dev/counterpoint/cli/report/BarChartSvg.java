package dev.counterpoint.cli.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Strategies as bars against the GEMM and the collective alone. Each strategy's bar is divided
 * where the GEMM would have ended: what lies beyond is exposed communication. A dashed rule marks
 * the speed of light.
 */
final class BarChartSvg {
  private static final double WIDTH = 1040;
  private static final double LEFT = 190;
  private static final double RIGHT = 900;
  private static final double TOP = 34;
  private static final double BAR = 24;
  private static final double PITCH = 36;

  private final BenchReport report;
  private final TimeAxis axis;

  BarChartSvg(BenchReport report) {
    this.report = report;
    double longest =
        Math.max(
            report.baseline().comm(), Math.max(report.baseline().gemm(), report.baseline().wire()));
    for (BenchReport.Row row : measured()) {
      longest = Math.max(longest, row.median());
    }
    this.axis = new TimeAxis(LEFT, RIGHT, longest * 1.02);
  }

  private List<BenchReport.Row> measured() {
    return report.rows().stream().filter(row -> !Double.isNaN(row.median())).toList();
  }

  String draw() {
    BenchReport.Baseline base = report.baseline();
    List<BenchReport.Row> rows = measured();
    double height = TOP + PITCH * (rows.size() + 2) + 10 + 30;
    double bottom = height - 30;
    StringBuilder svg = new StringBuilder(axis.draw(TOP - 6, bottom));
    double y = TOP + 6;
    y =
        bar(
            svg,
            y,
            "gemm alone",
            List.of(part("compute", base.gemm(), "unsplit GEMM, " + base.gemmEngine())),
            Figures.micros(base.gemm()) + " µs");
    y =
        bar(
            svg,
            y,
            base.collective() + " alone",
            List.of(part("transfer", base.comm(), "library collective alone")),
            Figures.micros(base.comm()) + " µs");
    y += 10;
    svg.append(Html.line(0, y - 10, WIDTH, y - 10, "grid"));
    for (BenchReport.Row row : rows) {
      double inside = Math.min(row.median(), base.gemm());
      List<Part> parts = new ArrayList<>();
      parts.add(part("compute", inside, row.strategy() + ": as long as the GEMM alone"));
      if (row.exposed() > 0) {
        parts.add(
            part(
                "transfer",
                row.exposed(),
                row.strategy()
                    + ": exposed communication, "
                    + Figures.micros(row.exposed())
                    + " µs"));
      }
      y =
          bar(
              svg,
              y,
              row.strategy(),
              parts,
              Figures.micros(row.median()) + " µs · " + Figures.times(row.speedUp()));
    }
    double sol = axis.x(base.sol());
    svg.append(Html.line(sol, TOP - 10, sol, bottom, "rule"));
    svg.append(
        Html.text(
            sol,
            TOP - 16,
            anchor(sol),
            "minor",
            "speed of light " + Figures.micros(base.sol()) + " µs"));
    return Html.svg(WIDTH, height, summary(), svg.toString());
  }

  private static String anchor(double x) {
    return x < LEFT + 90 ? "start" : "middle";
  }

  private record Part(String kind, double micros, String title) {}

  private static Part part(String kind, double micros, String title) {
    return new Part(kind, Double.isNaN(micros) ? 0 : Math.max(0, micros), title);
  }

  private double bar(StringBuilder svg, double y, String name, List<Part> parts, String value) {
    svg.append(Html.text(LEFT - 14, y + BAR * 0.68, "end", "", name));
    double end = 0;
    for (Part part : parts) {
      double gap = end > 0 ? 1.5 : 0;
      double width = Math.max(0.5, axis.x(end + part.micros()) - axis.x(end) - gap);
      svg.append(Html.rect(axis.x(end) + gap, y, width, BAR, 3, part.kind(), part.title()));
      end += part.micros();
    }
    svg.append(Html.text(axis.x(end) + 8, y + BAR * 0.68, "start", "value", value));
    return y + PITCH;
  }

  private String summary() {
    StringBuilder text =
        new StringBuilder("Bar chart, microseconds: gemm alone ")
            .append(Figures.micros(report.baseline().gemm()));
    text.append(", ")
        .append(report.baseline().collective())
        .append(" alone ")
        .append(Figures.micros(report.baseline().comm()));
    for (BenchReport.Row row : measured()) {
      text.append(", ").append(row.strategy()).append(' ').append(Figures.micros(row.median()));
    }
    return text.toString();
  }
}
