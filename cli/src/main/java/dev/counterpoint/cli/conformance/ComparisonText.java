package dev.counterpoint.cli.conformance;

import dev.counterpoint.cli.report.Figures;
import dev.counterpoint.cli.report.Table;
import dev.counterpoint.conformance.ComparisonReport;
import dev.counterpoint.conformance.ComparisonReport.Row;
import dev.counterpoint.conformance.ComparisonReport.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A comparison of backends as it appears on a terminal. */
final class ComparisonText {
  private ComparisonText() {}

  static List<String> lines(ComparisonReport report) {
    List<String> lines = new ArrayList<>();
    report.backends().forEach(one -> lines.add(one.name() + ": " + one.description()));
    report.missing().forEach((name, reason) -> lines.add("left out " + reason));
    lines.add("");
    lines.addAll(table(report).lines());
    lines.add("");
    lines.add(
        "difference and bound ÷ S (section 12 of SPEC.md), at the element nearest to its bound;"
            + " the bound is that of NUM-1, once for each backend; 0 is equal");
    Map<String, Integer> problems = new LinkedHashMap<>();
    for (Row row : report.rows()) {
      if (row.status() == Status.SKIPPED) {
        problems.merge("skipped: " + row.problem(), 1, Integer::sum);
      } else if (!row.problem().isEmpty()) {
        problems.merge(
            "DIFFER: "
                + row.operator()
                + " by "
                + row.strategy()
                + ", "
                + row.types()
                + " "
                + row.shape()
                + ", "
                + row.ranks()
                + " ranks: "
                + row.problem(),
            1,
            Integer::sum);
      }
    }
    problems.forEach(
        (problem, count) -> lines.add(problem + (count > 1 ? " (" + count + " rows)" : "")));
    lines.add(
        String.format(
            Locale.ROOT,
            "%d agree, %d differ, %d skipped, seed %d, in %.0f s; %s",
            report.count(Status.AGREE),
            report.count(Status.DIFFER),
            report.count(Status.SKIPPED),
            report.seed(),
            report.millis() / 1e3,
            worst(report)));
    return lines;
  }

  private static String worst(ComparisonReport report) {
    double worst =
        report.rows().stream()
            .mapToDouble(Row::ofBound)
            .filter(share -> !Double.isNaN(share))
            .max()
            .orElse(0);
    return "largest difference " + Figures.small(worst) + " of its bound";
  }

  private static Table table(ComparisonReport report) {
    boolean several = report.backends().size() > 2;
    Table table =
        new Table(
            "operator",
            "<strategy",
            "<types",
            "<M×N×K",
            "ranks",
            "<values",
            "difference",
            "bound",
            "of bound",
            several ? "<against " + report.backends().get(0).name() : "<result");
    for (Row row : report.rows()) {
      String result =
          switch (row.status()) {
            case AGREE -> row.unequal() == 0 ? "equal" : "within";
            case DIFFER -> "DIFFER";
            case SKIPPED -> "skipped";
          };
      table.row(
          List.of(
              row.operator(),
              row.strategy(),
              row.types(),
              row.shape(),
              Integer.toString(row.ranks()),
              row.values().name().toLowerCase(Locale.ROOT),
              Figures.small(row.difference()),
              Figures.small(row.bound()),
              Figures.ratio(row.ofBound()),
              several ? row.backend() + ": " + result : result));
    }
    return table;
  }
}
