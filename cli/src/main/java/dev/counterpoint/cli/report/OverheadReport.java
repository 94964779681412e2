package dev.counterpoint.cli.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * What {@code bench --host-overhead} found: how long a thread of the host is busy with one launch
 * on one rank, and what it allocates. Figures that do not exist are NaN here and null in JSON.
 *
 * @param machine by what
 * @param ranks number of ranks
 * @param launches timed launches of each row on each rank
 * @param seed of the random data
 * @param rows one for each operator, strategy and way to launch
 */
public record OverheadReport(
    BenchReport.Machine machine, int ranks, int launches, long seed, List<Row> rows) {
  /** Copies the list. */
  public OverheadReport {
    rows = List.copyOf(rows);
  }

  /**
   * One way to launch one plan.
   *
   * @param operator name on the command line
   * @param sizes what was computed, for people
   * @param strategy what was asked for, and what the plan took if that differs
   * @param path {@code direct} or {@code replay}, the latter of a captured launch
   * @param status how it ended
   * @param medianNanos median host time of a launch, over all ranks
   * @param p99Nanos 99th percentile
   * @param bytesPerLaunch bytes allocated on the Java heap
   * @param byRank the same for each rank
   * @param problem why it failed or cannot be done; empty if all is well
   */
  public record Row(
      String operator,
      String sizes,
      String strategy,
      String path,
      BenchReport.Status status,
      double medianNanos,
      double p99Nanos,
      double bytesPerLaunch,
      List<RankRow> byRank,
      String problem) {
    /** Copies the list. */
    public Row {
      byRank = List.copyOf(byRank);
    }
  }

  /**
   * One rank's host times.
   *
   * @param rank which
   * @param medianNanos median
   * @param p99Nanos 99th percentile
   */
  public record RankRow(int rank, double medianNanos, double p99Nanos) {}

  /** Whether every result was right. */
  @JsonIgnore
  public boolean passed() {
    return rows.stream().noneMatch(row -> row.status() == BenchReport.Status.FAILED);
  }
}
