package dev.counterpoint.cli.bench;

import dev.counterpoint.Rank;
import dev.counterpoint.World;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.report.BenchReport.Status;
import dev.counterpoint.cli.report.OverheadReport;
import dev.counterpoint.conformance.HeapUse;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long a thread of the host is busy with launching planned operators, directly and by
 * replay of a captured launch. One thread launches for all ranks in turn, so that the figures do
 * not depend on how many processors the host has; after every few launches it waits until the
 * devices have caught up, which is not counted. Results are checked afterwards.
 */
final class HostOverhead {
  /** Few enough that no stream is ever full. */
  private static final int LAUNCHES = 8;

  private final List<BenchRequest> requests;
  private final World world;
  private final Rank[] ranks;
  private final Progress progress;
  private final List<OverheadReport.Row> rows = new ArrayList<>();

  private HostOverhead(List<BenchRequest> requests, World world, Progress progress) {
    this.requests = requests;
    this.world = world;
    this.ranks = world.localRanks().toArray(Rank[]::new);
    this.progress = progress;
  }

  /**
   * Opens a world and measures.
   *
   * @param requests one for each operator, with the same world; an iteration is a few launches
   */
  static OverheadReport run(List<BenchRequest> requests, Progress progress) {
    progress.begin("opening", -1);
    BenchRequest first = requests.get(0);
    try (World world = World.open(first.world())) {
      HostOverhead overhead = new HostOverhead(requests, world, progress);
      overhead.measure();
      return new OverheadReport(
          ReportBuilder.machine(
              world,
              new LinkProbe.Bandwidth(0, "not measured"),
              first.chaotic(),
              "host time of one thread"),
          world.size(),
          first.iterations() * LAUNCHES,
          first.seed(),
          overhead.rows);
    }
  }

  private void measure() {
    progress.begin(
        "launching",
        requests.stream().mapToLong(request -> 2L * request.strategies().size()).sum());
    for (BenchRequest request : requests) {
      Geometry geometry =
          new Geometry(
              request.operator(),
              request.problem(),
              request.variant(),
              world.size(),
              request.seed());
      boolean shortInputs = !world.backend().capabilities().contains(Capability.GEMM_FP32_FULL);
      try (Operands operands = Operands.create(geometry, world)) {
        OutputCheck check = new OutputCheck(operands, Reference.of(geometry, shortInputs));
        for (dev.counterpoint.Strategy strategy : request.strategies()) {
          StrategyRun run = StrategyRun.plan(strategy, request.tuning(), operands);
          measure(request, run, operands, check);
        }
      }
    }
  }

  private void measure(
      BenchRequest request, StrategyRun run, Operands operands, OutputCheck check) {
    PlannedOperator subject = run.subject();
    if (subject == null) {
      rows.add(nothing(request, run, "direct", run.status(), run.problem()));
      rows.add(nothing(request, run, "replay", run.status(), run.problem()));
      return;
    }
    try (subject) {
      rows.add(row(request, run, "direct", subject::enqueue, operands, check));
      progress.step(run.name());
      Graph[] graphs = capture(subject);
      if (graphs == null) {
        rows.add(
            nothing(
                request,
                run,
                "replay",
                Status.UNAVAILABLE,
                "backend '" + world.backend().name() + "' lacks GRAPHS"));
      } else {
        Consumer<Rank> replay = rank -> graphs[rank.index()].launch(rank.stream());
        rows.add(row(request, run, "replay", replay, operands, check));
        for (Graph graph : graphs) {
          graph.close();
        }
      }
      progress.step(run.name());
    }
  }

  private Graph @Nullable [] capture(PlannedOperator subject) {
    if (!world.backend().capabilities().contains(Capability.GRAPHS)) {
      return null;
    }
    Graph[] graphs = new Graph[ranks.length];
    world.onEachRank(
        rank -> {
          Stream stream = rank.stream();
          stream.beginCapture();
          subject.enqueue(rank);
          graphs[rank.index()] = stream.endCapture();
        });
    return graphs;
  }

  private OverheadReport.Row row(
      BenchRequest request,
      StrategyRun run,
      String path,
      Consumer<Rank> launch,
      Operands operands,
      OutputCheck check) {
    long[][] nanos = new long[ranks.length][request.iterations() * LAUNCHES];
    for (int round = 0; round < request.warmup(); round++) {
      batch(request, launch, nanos, 0);
    }
    long bytes = 0;
    for (int round = 0; round < request.iterations(); round++) {
      bytes += batch(request, launch, nanos, round);
    }
    operands.poison();
    for (Rank rank : ranks) {
      launch.accept(rank);
    }
    world.synchronize(request.world().waitTimeout().multipliedBy(2));
    CheckResult result = check.check().result();
    Samples all = new Samples();
    List<OverheadReport.RankRow> byRank = new ArrayList<>();
    for (int rank = 0; rank < ranks.length; rank++) {
      Samples own = new Samples();
      for (long value : nanos[rank]) {
        own.add(1.0 * value);
        all.add(1.0 * value);
      }
      byRank.add(new OverheadReport.RankRow(ranks[rank].index(), own.median(), own.quantile(0.99)));
    }
    return new OverheadReport.Row(
        request.operator().commandName(),
        sizes(request),
        run.name(),
        path,
        result.passed() ? Status.OK : Status.FAILED,
        all.median(),
        all.quantile(0.99),
        bytes / (double) all.count(),
        byRank,
        result.problem());
  }

  /** A few launches on every rank; returns the bytes that they allocated. */
  private long batch(BenchRequest request, Consumer<Rank> launch, long[][] nanos, int round) {
    long bytes = HeapUse.ofThisThread();
    for (int i = 0; i < LAUNCHES; i++) {
      for (int rank = 0; rank < ranks.length; rank++) {
        long begin = System.nanoTime();
        launch.accept(ranks[rank]);
        nanos[rank][round * LAUNCHES + i] = System.nanoTime() - begin;
      }
    }
    bytes = HeapUse.ofThisThread() - bytes;
    world.synchronize(request.world().waitTimeout().multipliedBy(2));
    return bytes;
  }

  private String sizes(BenchRequest request) {
    return request.operator().commandName()
        + "  "
        + ReportBuilder.problem(request, world.size()).sizes();
  }

  private OverheadReport.Row nothing(
      BenchRequest request, StrategyRun run, String path, Status status, String problem) {
    return new OverheadReport.Row(
        request.operator().commandName(),
        sizes(request),
        run.name(),
        path,
        status,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        Collections.emptyList(),
        problem);
  }
}
