package dev.counterpoint.cli.bench;

import dev.counterpoint.Failure;
import dev.counterpoint.Strategy;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.World;
import dev.counterpoint.cli.CommandException;
import dev.counterpoint.cli.Progress;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.StartGate;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.TraceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Measures one operator by several strategies, and what they are set against, in one regime: every
 * round runs each subject once, so that a machine that grows slower or busier does so for all of
 * them alike.
 */
public final class Bench implements AutoCloseable {
  private static final int TRACED_RUNS = 7;

  private final BenchRequest request;
  private final Progress progress;
  private final Map<Subject, Subject> captured = new HashMap<>();
  private final World world;
  private final List<AutoCloseable> resources = new ArrayList<>();
  private final Map<GemmEngine, Subject> gemms = new EnumMap<>(GemmEngine.class);
  private final Map<Subject, Samples> baselines = new java.util.LinkedHashMap<>();
  private final List<StrategyRun> runs = new ArrayList<>();

  private Bench(BenchRequest request, Progress progress, World world) {
    this.request = request;
    this.progress = progress;
    this.world = world;
  }

  /** Opens a world, measures, and closes it. */
  public static BenchReport run(BenchRequest request, Progress progress) {
    progress.begin("opening", -1);
    try (World world = World.open(request.world());
        Bench bench = new Bench(request, progress, world)) {
      return bench.measure();
    }
  }

  private BenchReport measure() {
    if (world.localRanks().size() != world.size()) {
      throw new CommandException(
          Failure.Category.USAGE,
          "bench measures worlds whose ranks are all in this process; this one has ranks in"
              + " others");
    }
    if (request.traced() && !world.backend().capabilities().contains(Capability.TRACING)) {
      throw new UnsupportedCapabilityException(
          world.backend().name(), Capability.TRACING, "the timelines of --html and --trace");
    }
    Geometry geometry =
        new Geometry(
            request.operator(), request.problem(), request.variant(), world.size(), request.seed());
    progress.begin("random data", -1);
    Operands operands = open(Operands.create(geometry, world));
    Duration deadline = request.world().waitTimeout().multipliedBy(2);
    Stopwatch stopwatch = open(new Stopwatch(world, deadline));
    LinkProbe.Bandwidth link = LinkProbe.measure(world, stopwatch);
    plan(operands);
    progress.begin("reference", -1);
    boolean shortInputs = !world.backend().capabilities().contains(Capability.GEMM_FP32_FULL);
    OutputCheck check = new OutputCheck(operands, Reference.of(geometry, shortInputs));
    checkFirst(operands, stopwatch, check);
    capture();
    time(stopwatch);
    checkLast(operands, stopwatch, check);
    if (request.traced()) {
      trace(stopwatch);
    }
    return new ReportBuilder(request, world, geometry, link, stopwatch)
        .build(gemms, baselines, runs);
  }

  private void plan(Operands operands) {
    progress.begin("planning", -1);
    UnsupportedCapabilityException lacking = null;
    for (GemmEngine engine : GemmEngine.values()) {
      try {
        Subject gemm = open(LocalGemm.prepare(engine, operands));
        gemms.put(engine, gemm);
        baselines.put(gemm, new Samples());
      } catch (UnsupportedCapabilityException e) {
        lacking = e;
      }
    }
    if (gemms.isEmpty() && lacking != null) {
      throw lacking;
    }
    baselines.put(open(new LoneCollective(operands)), new Samples());
    if (request.bulk()) {
      GemmEngine engine =
          gemms.containsKey(GemmEngine.VENDOR) ? GemmEngine.VENDOR : GemmEngine.TILE;
      Subject gemm = Objects.requireNonNull(gemms.get(engine));
      baselines.put(open(new BulkOverlap(gemm, operands)), new Samples());
    }
    Set<Strategy> strategies = new LinkedHashSet<>();
    strategies.add(Strategy.SEQUENTIAL);
    strategies.addAll(request.strategies());
    for (Strategy strategy : strategies) {
      StrategyRun run =
          strategy == Strategy.SEQUENTIAL
              ? StrategyRun.required(strategy, request.tuning(), operands)
              : StrategyRun.plan(strategy, request.tuning(), operands);
      runs.add(run);
      if (run.subject() != null) {
        open(run.subject());
      }
    }
  }

  private void checkFirst(Operands operands, Stopwatch stopwatch, OutputCheck check) {
    progress.begin("checking", runs.size());
    for (StrategyRun run : runs) {
      if (run.subject() != null) {
        operands.poison();
        stopwatch.micros(run.subject()::enqueue);
        run.checked(check.check());
      }
      progress.step(run.name());
    }
  }

  private void capture() {
    if (request.replayed() > 0) {
      progress.begin("capturing", -1);
      baselines.keySet().forEach(this::capture);
      runs.stream().map(StrategyRun::subject).filter(Objects::nonNull).forEach(this::capture);
    }
  }

  private void capture(Subject subject) {
    captured.put(subject, open(Replayed.capture(subject, world, request.replayed())));
  }

  /** Runs a subject, or the graph of it. */
  private double micros(Stopwatch stopwatch, Subject subject) {
    Subject replayed = captured.get(subject);
    return replayed == null
        ? stopwatch.micros(subject::enqueue)
        : stopwatch.microsInStride(replayed::enqueue);
  }

  private void time(Stopwatch stopwatch) {
    int subjects = baselines.size() + runs.size();
    progress.begin("measuring", (long) subjects * (request.warmup() + request.iterations()));
    for (int round = -request.warmup(); round < request.iterations(); round++) {
      for (Map.Entry<Subject, Samples> baseline : baselines.entrySet()) {
        sample(stopwatch, baseline.getKey(), baseline.getValue(), round);
      }
      for (StrategyRun run : runs) {
        if (run.subject() != null) {
          sample(stopwatch, run.subject(), run.samples(), round);
        }
      }
    }
  }

  private void sample(Stopwatch stopwatch, Subject subject, Samples samples, int round) {
    double micros = micros(stopwatch, subject);
    if (round >= 0) {
      samples.add(micros / Math.max(1, request.replayed()));
    }
    progress.step(subject.name());
  }

  /**
   * After all the timed runs the result must still be right; mostly its bits are those that were
   * checked before.
   */
  private void checkLast(Operands operands, Stopwatch stopwatch, OutputCheck check) {
    progress.begin("checking again", runs.size());
    for (StrategyRun run : runs) {
      if (run.subject() != null) {
        operands.poison();
        micros(stopwatch, run.subject());
        if (!run.sameBits(check.fingerprints())) {
          run.checkedAgain(check.check());
        }
      }
      progress.step(run.name());
    }
  }

  /** Of several traced runs the one is kept whose time is nearest to the median. */
  private void trace(Stopwatch stopwatch) {
    progress.begin("tracing", (long) runs.size() * TRACED_RUNS);
    for (StrategyRun run : runs) {
      double best = Double.MAX_VALUE;
      for (int i = 0; i < TRACED_RUNS && run.subject() != null; i++) {
        world.backend().startTrace();
        stopwatch.micros(run.subject()::enqueue);
        List<TraceEvent> events =
            world.backend().stopTrace().stream()
                .filter(event -> !event.operation().equals(StartGate.LABEL))
                .toList();
        double off =
            Math.abs(
                new BenchReport.Timeline(run.name(), events).micros() - run.samples().median());
        if (off < best) {
          best = off;
          run.traced(events);
        }
        progress.step(run.name());
      }
    }
  }

  private <T extends AutoCloseable> T open(T resource) {
    resources.add(resource);
    return resource;
  }

  @Override
  public void close() {
    for (int i = resources.size() - 1; i >= 0; i--) {
      try {
        resources.get(i).close();
      } catch (Exception e) {
        // What a failed world cannot release one by one, closing the world releases.
        org.slf4j.LoggerFactory.getLogger(Bench.class)
            .debug("closing {} failed", resources.get(i), e);
      }
    }
  }
}
