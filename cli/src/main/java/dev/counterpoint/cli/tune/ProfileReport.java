package dev.counterpoint.cli.tune;

import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.Figures;
import dev.counterpoint.cli.report.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where the time of a shape goes.
 *
 * @param bench what was measured
 * @param strategies what one traced run of each strategy tells
 */
record ProfileReport(BenchReport bench, List<Traced> strategies) {
  private static final int LONGEST = 10;

  /**
   * One traced run.
   *
   * @param strategy as in the bench's rows
   * @param words what bounds it
   * @param ranks by rank
   * @param waits the longest waits of tiles
   */
  record Traced(String strategy, String words, List<RankProfile> ranks, List<Delays.Delay> waits) {}

  ProfileReport {
    strategies = List.copyOf(strategies);
  }

  /** Reads the timelines of a bench. */
  static ProfileReport of(BenchReport bench) {
    List<Traced> strategies = new ArrayList<>();
    for (BenchReport.Timeline timeline : bench.timelines()) {
      List<RankProfile> ranks = RankProfile.of(timeline.events());
      Delays delays = Delays.of(timeline.events());
      ranks.stream()
          .max(Comparator.comparingDouble(RankProfile::total))
          .map(slowest -> Diagnosis.paragraph(timeline.strategy(), slowest, bench.baseline()))
          .ifPresent(
              words ->
                  strategies.add(
                      new Traced(
                          timeline.strategy(),
                          words + Diagnosis.waits(delays),
                          ranks,
                          delays.waits().subList(0, Math.min(LONGEST, delays.waits().size())))));
    }
    return new ProfileReport(bench, strategies);
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(bench.title() + " · " + bench.sizes());
    if (!bench.caveats().isEmpty()) {
      lines.add("[" + String.join(", ", bench.caveats()) + "]");
    }
    lines.addAll(table().lines());
    for (Traced strategy : strategies) {
      lines.add("");
      lines.add(strategy.words());
    }
    return lines;
  }

  /** Times by strategy and rank; the GEMM and the speed of light are the slowest rank's. */
  private Table table() {
    BenchReport.Baseline base = bench.baseline();
    Table table =
        new Table(
            "strategy",
            "rank",
            "total µs",
            "gemm µs",
            "exposed µs",
            "sol µs",
            "computing µs",
            "on the link µs",
            "hidden µs");
    table.row(
        List.of(
            "bulk (reference)",
            "all",
            Figures.micros(base.bulk()),
            Figures.micros(base.gemm()),
            Figures.micros(base.bulk() - base.gemm()),
            Figures.micros(base.sol())));
    for (BenchReport.Row row : bench.rows()) {
      table.row(
          List.of(
              row.strategy(),
              "all",
              Figures.micros(row.median()),
              Figures.micros(base.gemm()),
              Figures.micros(row.exposed()),
              Figures.micros(base.sol())));
      strategies.stream()
          .filter(traced -> traced.strategy().equals(row.strategy()))
          .flatMap(traced -> traced.ranks().stream())
          .forEach(rank -> addRank(table, rank));
    }
    return table;
  }

  private void addRank(Table table, RankProfile rank) {
    table.row(
        List.of(
            "",
            Integer.toString(rank.rank()),
            Figures.micros(rank.total()),
            Figures.micros(bench.baseline().gemm()),
            Figures.micros(rank.total() - bench.baseline().gemm()),
            Figures.micros(bench.baseline().sol()),
            Figures.micros(rank.computing()),
            Figures.micros(rank.moving()),
            Figures.micros(rank.both())));
  }

  /** The page of a bench, with these words, and with waits that say what they were for. */
  BenchReport page() {
    List<String> notes = new ArrayList<>(strategies.stream().map(Traced::words).toList());
    notes.addAll(bench.notes());
    return new BenchReport(
        bench.operator(),
        bench.title(),
        bench.layer(),
        bench.problem(),
        bench.machine(),
        bench.baseline(),
        bench.rows(),
        bench.timelines().stream()
            .map(line -> new BenchReport.Timeline(line.strategy(), Delays.annotated(line.events())))
            .toList(),
        notes);
  }
}
