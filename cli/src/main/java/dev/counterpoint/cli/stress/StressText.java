package dev.counterpoint.cli.stress;

import dev.counterpoint.cli.report.Figures;
import dev.counterpoint.cli.report.Table;
import dev.counterpoint.conformance.StressReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a stress run says on a terminal. */
final class StressText {
  private StressText() {}

  static List<String> lines(StressReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        report.backend()
            + ", "
            + report.ranks()
            + " ranks, seed "
            + report.seed()
            + ": "
            + report.description());
    lines.add(report.problem());
    report.refused().forEach(reason -> lines.add("left out " + reason));
    lines.add("");
    Table table = new Table("plan", "<strategy", "launches", "<last result");
    for (StressReport.Plan plan : report.plans()) {
      table.row(
          List.of(
              plan.label(),
              plan.strategy(),
              String.format(Locale.ROOT, "%,d", plan.launches()),
              plan.equal() ? "bitwise the first" : "NOT THE FIRST"));
    }
    lines.addAll(table.lines());
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "launches   %,d on each rank in %.1f s, %,.0f per second; %s",
            report.launches(),
            report.millis() / 1e3,
            report.launches() * 1e3 / Math.max(1, report.millis()),
            report.delays() == 0
                ? "no delays"
                : String.format(
                    Locale.ROOT,
                    "%,d made late, by %.1f s in all",
                    report.delays(),
                    report.delayMillis() / 1e3)));
    lines.add(
        String.format(
            Locale.ROOT,
            "results    %,d compared bitwise while launching, and the last of each plan",
            report.compared()));
    lines.add("memory     " + memory(report.memory()));
    lines.add(
        String.format(
            Locale.ROOT,
            "garbage    %.1f bytes allocated on the Java heap per launch, in the second half",
            report.bytesPerLaunch()));
    StressReport.Stop stop = report.stop();
    if (stop != null) {
      lines.add(
          String.format(
              Locale.ROOT,
              "stopped    rank %d, before %s; exceptions by rank, all after %,d ms (allowed %,d): %s",
              stop.rank(),
              stop.operation(),
              stop.millis(),
              stop.boundMillis(),
              exceptions(stop.exceptions())));
      lines.add("fault      " + (stop.fault() == null ? "none" : stop.fault().describe()));
      lines.add("closed     in " + stop.closeMillis() + " ms");
    }
    lines.add("threads    " + report.threadsLeft() + " left");
    report.problems().forEach(problem -> lines.add("FAILED " + problem));
    return lines;
  }

  private static String exceptions(List<String> byRank) {
    List<String> parts = new ArrayList<>();
    for (int rank = 0; rank < byRank.size(); rank++) {
      parts.add(rank + " " + (byRank.get(rank).isEmpty() ? "none" : byRank.get(rank)));
    }
    return String.join(", ", parts);
  }

  private static String memory(List<StressReport.Memory> samples) {
    if (samples.size() < 2) {
      return "too few launches to tell whether it grows";
    }
    StressReport.Memory first = samples.get(0);
    StressReport.Memory last = samples.get(samples.size() - 1);
    return String.format(
        Locale.ROOT,
        "process %s → %s, live Java heap %s → %s, from launch %,d to %,d",
        Figures.bytes((double) first.residentBytes()),
        Figures.bytes((double) last.residentBytes()),
        Figures.bytes((double) first.heapBytes()),
        Figures.bytes((double) last.heapBytes()),
        first.launches(),
        last.launches());
  }
}
