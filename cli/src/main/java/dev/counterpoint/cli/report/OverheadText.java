package dev.counterpoint.cli.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Host times of launches as they appear on a terminal. */
public final class OverheadText {
  private OverheadText() {}

  /** Its lines. */
  public static List<String> lines(OverheadReport report) {
    List<String> lines = new ArrayList<>();
    BenchReport.Machine machine = report.machine();
    lines.add(
        "host time of a launch on "
            + machine.backend()
            + ": "
            + machine.description()
            + (machine.emulated() ? "  [emulated devices]" : ""));
    Set<String> sizes = new LinkedHashSet<>();
    report.rows().forEach(row -> sizes.add(row.sizes()));
    lines.addAll(sizes);
    lines.add("");
    Table table =
        new Table(
            "operator", "<strategy", "<path", "median ns", "p99 ns", "bytes/launch", "<check");
    for (OverheadReport.Row row : report.rows()) {
      table.row(
          List.of(
              row.operator(),
              row.strategy(),
              row.path(),
              count(row.medianNanos()),
              count(row.p99Nanos()),
              Double.isNaN(row.bytesPerLaunch())
                  ? Figures.NONE
                  : String.format(Locale.ROOT, "%,.1f", row.bytesPerLaunch()),
              switch (row.status()) {
                case OK -> "ok";
                case FAILED -> "FAILED";
                case UNAVAILABLE -> "unavailable";
              }));
    }
    lines.addAll(table.lines());
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "per launch and rank, of %,d launches on each rank, all from one thread, which waits for"
                + " the devices after every few; replay is of a captured launch",
            report.launches()));
    for (OverheadReport.Row row : report.rows()) {
      if (!row.problem().isEmpty()) {
        lines.add(
            row.operator() + " by " + row.strategy() + ", " + row.path() + ": " + row.problem());
      }
    }
    return lines;
  }

  private static String count(double value) {
    return Double.isNaN(value) ? Figures.NONE : String.format(Locale.ROOT, "%,.0f", value);
  }
}
