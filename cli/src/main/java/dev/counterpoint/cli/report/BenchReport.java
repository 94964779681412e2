package dev.counterpoint.cli.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.counterpoint.spi.TraceEvent;
import java.util.Comparator;
import java.util.List;

/**
 * What one {@code bench} found: everything that its outputs show. Times are microseconds of device
 * time on the slowest rank; figures that do not exist are NaN here and null in JSON.
 *
 * @param operator name on the command line
 * @param title for people
 * @param layer which layer of which model; empty if the sizes were given
 * @param problem what was computed
 * @param machine by what
 * @param baseline what the times are set against
 * @param rows by which strategies, how fast
 * @param timelines what the devices did in one run of each strategy; empty if not traced
 * @param notes what a reader should know, one sentence each
 */
public record BenchReport(
    String operator,
    String title,
    String layer,
    Problem problem,
    Machine machine,
    Baseline baseline,
    List<Row> rows,
    @JsonIgnore List<Timeline> timelines,
    List<String> notes) {

  /** Copies the lists. */
  public BenchReport {
    rows = List.copyOf(rows);
    timelines = timelines == null ? List.of() : List.copyOf(timelines);
    notes = List.copyOf(notes);
  }

  /**
   * What was computed and how often.
   *
   * @param m rows of A
   * @param n columns of B
   * @param k inner dimension
   * @param inputType type of A and B
   * @param outputType type of D
   * @param weightLayout NK or KN
   * @param bias whether a bias was added
   * @param ranks number of ranks
   * @param seed of the random data
   * @param iterations timed runs
   * @param warmup runs before them
   * @param chunks forced number of chunks; 0 is automatic
   * @param tile forced tile; empty is automatic
   * @param norm how rows were normalised, such as {@code rms}; empty if they were not
   * @param splits how rows of an all-to-all were divided; empty for evenly
   */
  public record Problem(
      int m,
      int n,
      int k,
      String inputType,
      String outputType,
      String weightLayout,
      boolean bias,
      int ranks,
      long seed,
      int iterations,
      int warmup,
      int chunks,
      String tile,
      String norm,
      String splits) {
    /** One line with the sizes. */
    public String sizes() {
      return "M "
          + m
          + " · N "
          + n
          + " · K "
          + k
          + " · "
          + inputType
          + (outputType.equals(inputType) ? "" : " → " + outputType)
          + (bias ? " · bias" : "")
          + (weightLayout.equals("KN") ? " · weight [K, N]" : "")
          + (norm.isEmpty() ? "" : " · residual and " + norm + " norm")
          + (splits.isEmpty() ? "" : " · splits " + splits)
          + " · "
          + ranks
          + (ranks == 1 ? " rank" : " ranks");
    }
  }

  /**
   * Where it ran.
   *
   * @param backend the backend's name
   * @param description its one line
   * @param devices names of the devices
   * @param emulated whether the devices are emulated in software
   * @param link how the ranks are connected
   * @param linkBytesPerSecond bandwidth of one link in one direction; 0 if there is none
   * @param linkOrigin how that is known
   * @param linkSimulated whether the link's speed is imposed by software
   * @param chaotic whether pseudo-random delays were thrown in, so that times mean nothing
   * @param clock whose clock the times are from
   * @param java version of Java
   * @param system operating system
   * @param version version of the command
   * @param time when, in ISO 8601
   */
  public record Machine(
      String backend,
      String description,
      List<String> devices,
      boolean emulated,
      String link,
      double linkBytesPerSecond,
      String linkOrigin,
      boolean linkSimulated,
      boolean chaotic,
      String clock,
      String java,
      String system,
      String version,
      String time) {
    /** The link's description without the word that every output puts in front of it anyway. */
    String linkSpeed() {
      return link.replaceFirst("(?i)^simulated\\s+", "");
    }
  }

  /**
   * What the times are set against; see performance definitions in {@code Metrics}.
   *
   * @param gemm fastest unsplit local GEMM
   * @param gemmEngine whose it is
   * @param gemmVendor the vendor library's; NaN if there is none
   * @param gemmTile the tile GEMM's
   * @param comm the library collective alone
   * @param collective which
   * @param bulk the GEMM beside an unrelated collective; NaN if not measured
   * @param wireBytes bytes that must cross one link
   * @param wire their time at the link's bandwidth
   * @param sol the larger of gemm and wire
   * @param sequential the sequential strategy's median
   */
  public record Baseline(
      double gemm,
      String gemmEngine,
      double gemmVendor,
      double gemmTile,
      double comm,
      String collective,
      double bulk,
      double wireBytes,
      double wire,
      double sol,
      double sequential) {}

  /** How a strategy ended. */
  public enum Status {
    /** Measured, and its results are right. */
    OK,
    /** Its results are wrong, or it broke. */
    FAILED,
    /** The backend cannot do it. */
    UNAVAILABLE
  }

  /**
   * One strategy.
   *
   * @param strategy what was asked for, and what the plan took if that differs
   * @param status how it ended
   * @param median median time
   * @param p95 95th percentile
   * @param exposed exposed communication
   * @param efficiency overlap efficiency E
   * @param toSol time divided by the speed of light
   * @param speedUp sequential time divided by this one
   * @param maxError largest relative error
   * @param checked what was compared, for people
   * @param repeatable whether a second run gave the same bits
   * @param explanation the plan's own words
   * @param problem why it failed or cannot be done; empty if all is well
   * @param workspaceBytes workspace on one rank
   */
  public record Row(
      String strategy,
      Status status,
      double median,
      double p95,
      double exposed,
      double efficiency,
      double toSol,
      double speedUp,
      double maxError,
      String checked,
      boolean repeatable,
      String explanation,
      String problem,
      long workspaceBytes) {}

  /**
   * What the devices did in one run.
   *
   * @param strategy as in its row
   * @param events in any order; ordered by start here
   */
  public record Timeline(String strategy, List<TraceEvent> events) {
    /** Copies and orders the list. */
    public Timeline {
      events = events.stream().sorted(Comparator.comparingLong(TraceEvent::startNanos)).toList();
    }

    /** When the first event starts, in nanoseconds of the events' clock. */
    public long startNanos() {
      return events.isEmpty() ? 0 : events.get(0).startNanos();
    }

    /** From the first start to the last end. */
    public double micros() {
      return (events.stream().mapToLong(TraceEvent::endNanos).max().orElse(0) - startNanos()) / 1e3;
    }
  }

  /** The same with other timelines. */
  public BenchReport withTimelines(List<Timeline> others) {
    return new BenchReport(operator, title, layer, problem, machine, baseline, rows, others, notes);
  }

  /** Whether every strategy that ran gave right results. */
  @JsonIgnore
  public boolean passed() {
    return rows.stream().noneMatch(row -> row.status() == Status.FAILED);
  }

  /** One line with the sizes. */
  public String sizes() {
    return problem.sizes();
  }

  /** What is emulated or simulated, as short labels; empty where all is real. */
  public List<String> caveats() {
    List<String> labels = new java.util.ArrayList<>();
    if (machine.emulated()) {
      labels.add("emulated devices");
    }
    if (machine.linkSimulated()) {
      labels.add("simulated link: " + machine.linkSpeed());
    }
    if (machine.chaotic()) {
      labels.add("chaos: times mean nothing");
    }
    return labels;
  }
}
