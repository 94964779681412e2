package dev.counterpoint.cli.report;

import java.util.ArrayList;
import java.util.List;

/** The report as it appears on a terminal. */
public final class TextReport {
  private TextReport() {}

  /** Its lines. */
  public static List<String> lines(BenchReport report) {
    List<String> lines = new ArrayList<>();
    String layer = report.layer().isEmpty() ? "" : "  " + report.layer();
    lines.add(report.operator() + layer + "  " + report.sizes());
    BenchReport.Machine machine = report.machine();
    lines.add(
        "on "
            + machine.backend()
            + ": "
            + machine.description()
            + (machine.emulated() ? "  [emulated devices]" : ""));
    lines.add(link(machine));
    lines.add("");
    lines.addAll(table(report));
    lines.add("");
    BenchReport.Baseline base = report.baseline();
    lines.add(
        "µs of "
            + machine.clock()
            + ", median and 95th percentile of "
            + report.problem().iterations()
            + " runs; sol "
            + Figures.micros(base.sol())
            + " = max(gemm, wire); gemm by "
            + base.gemmEngine()
            + "; comm is "
            + base.collective()
            + " alone");
    lines.add(
        "wire "
            + Figures.micros(base.wire())
            + " for "
            + Figures.bytes(base.wireBytes())
            + " over each link; exposed = median − gemm; "
            + "E = 1 − exposed / exposed of sequential");
    for (BenchReport.Row row : report.rows()) {
      if (!row.problem().isEmpty()) {
        lines.add(row.strategy() + ": " + row.problem());
      }
    }
    lines.addAll(report.notes());
    return lines;
  }

  private static String link(BenchReport.Machine machine) {
    if (machine.linkBytesPerSecond() <= 0) {
      return "link: " + machine.link();
    }
    String speed =
        Figures.bandwidth(machine.linkBytesPerSecond()) + " (" + machine.linkOrigin() + ")";
    return machine.linkSimulated()
        ? "SIMULATED link: " + machine.linkSpeed()
        : "link: " + machine.link() + ", " + speed;
  }

  private static List<String> table(BenchReport report) {
    Table table =
        new Table(
            "strategy",
            "median",
            "p95",
            "gemm",
            "comm",
            "exposed",
            "E",
            "÷ sol",
            "speed-up",
            "max error",
            "<check");
    for (BenchReport.Row row : report.rows()) {
      table.row(
          row.status() == BenchReport.Status.UNAVAILABLE
              ? List.of(
                  row.strategy(),
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  Figures.NONE,
                  "unavailable")
              : List.of(
                  row.strategy(),
                  Figures.micros(row.median()),
                  Figures.micros(row.p95()),
                  Figures.micros(report.baseline().gemm()),
                  Figures.micros(report.baseline().comm()),
                  Figures.micros(row.exposed()),
                  Figures.ratio(row.efficiency()),
                  Figures.ratio(row.toSol()),
                  Figures.times(row.speedUp()),
                  Figures.small(row.maxError()),
                  row.status() == BenchReport.Status.OK ? "ok" : "FAILED"));
    }
    return table.lines();
  }
}
