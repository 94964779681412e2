package dev.counterpoint.cli.bench;

import dev.counterpoint.Failure;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.BenchReport.Status;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.spi.TraceEvent;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One strategy on its way through a bench: planned, checked, timed, checked again, traced. */
final class StrategyRun {
  private final Strategy strategy;
  private final @Nullable PlannedOperator subject;
  private final Samples samples = new Samples();
  private Status status = Status.OK;
  private String problem = "";
  private CheckResult check = CheckResult.none();
  private List<Long> fingerprints = List.of();
  private boolean repeatable = true;
  private List<TraceEvent> trace = List.of();

  private StrategyRun(Strategy strategy, @Nullable PlannedOperator subject) {
    this.strategy = strategy;
    this.subject = subject;
  }

  /** Plans what must be there. */
  static StrategyRun required(Strategy strategy, Tuning tuning, Operands operands) {
    return new StrategyRun(strategy, PlannedOperator.plan(strategy, tuning, operands));
  }

  /** Plans it; a plan that cannot be is a row of the report and no end of the run. */
  static StrategyRun plan(Strategy strategy, Tuning tuning, Operands operands) {
    try {
      return new StrategyRun(strategy, PlannedOperator.plan(strategy, tuning, operands));
    } catch (RuntimeException e) {
      if (!(e instanceof Failure failure)) {
        throw e;
      }
      StrategyRun run = new StrategyRun(strategy, null);
      run.problem = String.valueOf(e.getMessage());
      run.status =
          switch (failure.category()) {
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case RESOURCE -> Status.FAILED;
            case USAGE, TIMEOUT, NATIVE, STATE -> throw e;
          };
      return run;
    }
  }

  /** What can be run, unless planning failed. */
  @Nullable PlannedOperator subject() {
    return subject;
  }

  Samples samples() {
    return samples;
  }

  Strategy strategy() {
    return strategy;
  }

  Status status() {
    return status;
  }

  /** Why it failed or cannot be; empty if all is well. */
  String problem() {
    return problem;
  }

  /** Takes in what the first run left behind. */
  void checked(OutputCheck.Outcome outcome) {
    check = outcome.result();
    fingerprints = outcome.fingerprints();
    settle();
  }

  /** Whether these are the bits of the first run. */
  boolean sameBits(List<Long> others) {
    return fingerprints.equals(others);
  }

  /** Takes in what the last run left behind, if it differs from the first. */
  void checkedAgain(OutputCheck.Outcome outcome) {
    repeatable = false;
    check =
        new CheckResult(check.passed(), check.maxError(), 0, 0, check.problem())
            .and(outcome.result());
    settle();
  }

  private void settle() {
    if (!check.passed()) {
      status = Status.FAILED;
      problem = check.problem();
    }
  }

  void traced(List<TraceEvent> events) {
    trace = events;
  }

  String name() {
    return subject == null ? strategy.name().toLowerCase(Locale.ROOT) : subject.name();
  }

  BenchReport.Timeline timeline() {
    return new BenchReport.Timeline(name(), trace);
  }

  BenchReport.Row row(Metrics metrics) {
    if (subject == null) {
      return new BenchReport.Row(
          name(),
          status,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          "",
          true,
          "",
          problem,
          0);
    }
    double time = samples.median();
    return new BenchReport.Row(
        name(),
        status,
        time,
        samples.quantile(0.95),
        metrics.exposed(time),
        metrics.efficiency(time),
        metrics.toSol(time),
        metrics.speedUp(time),
        check.maxError(),
        String.format(
            Locale.ROOT,
            "%,d elements one by one, %,d rows as a whole",
            check.elements(),
            check.rows()),
        repeatable,
        subject.plan().explanation(),
        problem,
        subject.plan().workspaceBytes());
  }
}
