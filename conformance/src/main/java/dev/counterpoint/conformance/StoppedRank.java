package dev.counterpoint.conformance;

import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.spi.FaultRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * All ranks but one launch a plan: every one of them must get an exception in time, also the one
 * that stopped, at its next call, and the first fault must say everything.
 */
final class StoppedRank {
  private static final Duration SLACK = Duration.ofSeconds(2);

  private final Desk desk;
  private final OperatorBench bench;
  private final int stopped;
  private final List<String> problems;

  /**
   * @param problems takes in what is wrong
   */
  StoppedRank(Desk desk, OperatorBench bench, int stopped, List<String> problems) {
    this.desk = desk;
    this.bench = bench;
    this.stopped = stopped;
    this.problems = problems;
  }

  StressReport.Stop stop() {
    Duration bound = desk.waitTimeout.plus(SLACK);
    List<String> exceptions = new ArrayList<>();
    long begin = System.nanoTime();
    List<CompletableFuture<Void>> others = new ArrayList<>();
    for (int rank = 0; rank < desk.ranks; rank++) {
      CompletableFuture<Void> future = new CompletableFuture<>();
      others.add(future);
      if (rank != stopped) {
        int mine = rank;
        Watchdog.start(
            "conformance-rank-" + rank,
            () -> {
              bench.launch(mine);
              desk.rank(mine).stream().synchronize(bound.multipliedBy(2));
            },
            future);
      }
    }
    for (int rank = 0; rank < desk.ranks; rank++) {
      exceptions.add(rank == stopped ? "" : outcome(rank, others.get(rank), bound));
    }
    CompletableFuture<Void> late = others.get(stopped);
    Watchdog.start("conformance-rank-" + stopped, () -> bench.launch(stopped), late);
    exceptions.set(stopped, outcome(stopped, late, bound));
    long millis = (System.nanoTime() - begin) / 1_000_000;
    if (millis > bound.toMillis()) {
      problems.add(
          String.format(
              Locale.ROOT,
              "the last exception came after %,d ms; %,d are allowed",
              millis,
              bound.toMillis()));
    }
    FaultRecord fault = desk.world.backend().fault().orElse(null);
    problems.addAll(gaps(fault, bench.plan.label(), stopped, desk.waitTimeout));
    return new StressReport.Stop(
        stopped, bench.plan.label(), millis, bound.toMillis(), exceptions, fault, close(bound));
  }

  private String outcome(int rank, CompletableFuture<Void> future, Duration bound) {
    try {
      future.get(bound.multipliedBy(2).toMillis(), TimeUnit.MILLISECONDS);
      problems.add("rank " + rank + " noticed nothing");
      return "";
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (!(cause instanceof DeviceFaultException)) {
        problems.add("rank " + rank + " got " + cause + " instead of a DeviceFaultException");
      }
      return cause.getClass().getSimpleName();
    } catch (TimeoutException e) {
      problems.add("rank " + rank + " hangs");
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What a fault record lacks of what rule ERR-2 wants. */
  static List<String> gaps(
      @Nullable FaultRecord fault, String operation, int stopped, Duration waitTimeout) {
    if (fault == null) {
      return List.of("the world has no fault record");
    }
    List<String> gaps = new ArrayList<>();
    if (fault.kind() != FaultRecord.Kind.WAIT_EXPIRED) {
      gaps.add("the fault is " + fault.kind() + " instead of WAIT_EXPIRED");
    }
    if (fault.rank() < 0 || fault.rank() == stopped) {
      gaps.add("the fault names rank " + fault.rank() + ", which did not wait");
    }
    if (!fault.operation().contains(operation)) {
      gaps.add("the fault names the operation '" + fault.operation() + "' instead of " + operation);
    }
    if (fault.waitedFor().isBlank()) {
      gaps.add("the fault does not say what was waited for");
    }
    if (fault.seen() >= fault.wanted()) {
      gaps.add(
          "the fault says that " + fault.seen() + " was seen and " + fault.wanted() + " wanted");
    }
    if (fault.elapsedMillis() < waitTimeout.toMillis() / 2) {
      gaps.add("the fault says that the wait took " + fault.elapsedMillis() + " ms");
    }
    return gaps;
  }

  private long close(Duration bound) {
    long begin = System.nanoTime();
    try {
      Watchdog.within("close of the failed world", bound.plus(desk.waitTimeout), desk.world::close);
    } catch (RuntimeException | AssertionError e) {
      problems.add("closing the failed world: " + e.getMessage());
    }
    return (System.nanoTime() - begin) / 1_000_000;
  }
}
