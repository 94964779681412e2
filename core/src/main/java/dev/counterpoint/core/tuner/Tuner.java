package dev.counterpoint.core.tuner;

import dev.counterpoint.DType;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.World;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.core.tuner.TuningEntry.Candidate;
import dev.counterpoint.spi.GemmEngine;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the fastest way to run a problem on an open world: predicts every candidate, measures the
 * few that are predicted to be the fastest and the sequential one, side by side, and keeps what it
 * found. Not thread-safe; nothing else may run on the world meanwhile.
 */
public final class Tuner implements AutoCloseable {
  /** So many are measured, the sequential one not counted. */
  private static final int MEASURED = 11;

  /** So many plans exist at the same time; each has a workspace. */
  private static final int SIDE_BY_SIDE = 12;

  private static final Logger log = LoggerFactory.getLogger(Tuner.class);

  private final World world;
  private final TuningCache cache;
  private final TuningProgress progress;
  private final int iterations;
  private final Stopwatch stopwatch;

  /**
   * Creates a tuner.
   *
   * @param iterations timed runs of each candidate
   * @param deadline bound of one run
   */
  public Tuner(
      World world, TuningCache cache, TuningProgress progress, int iterations, Duration deadline) {
    this.world = world;
    this.cache = cache;
    this.progress = progress;
    this.iterations = iterations;
    stopwatch = new Stopwatch(world, deadline);
  }

  /**
   * The curves that a problem's types need: from the cache, or sampled now and kept.
   *
   * @param again whether to sample in any case
   */
  public Curves curves(GemmProblem problem, boolean again) {
    Optional<Curves> known =
        again
            ? Optional.empty()
            : cache.curves(problem.inputType(), problem.outputType(), problem.weightLayout());
    return known.orElseGet(() -> sample(problem));
  }

  private Curves sample(GemmProblem p) {
    Curves curves;
    try (RouteSampler routes = new RouteSampler(world, stopwatch, progress)) {
      Machine machine =
          Machine.of(world.backend(), p.inputType(), p.outputType(), p.weightLayout());
      Map<Route, Curve> sampled =
          routes.withComputePushes(machine.twoTransports()).sample(p.inputType(), p.outputType());
      try (GemmSampler gemms =
          new GemmSampler(
              world, stopwatch, progress, p.inputType(), p.outputType(), p.weightLayout())) {
        GemmTable tile = gemms.table(GemmEngine.TILE);
        GemmTable plain = gemms.hasVendor() ? gemms.table(GemmEngine.VENDOR) : tile;
        TileTimes tiles =
            new TileSampler(gemms, progress).sample(machine.peerAccess() ? routes.target() : null);
        curves =
            new Curves(
                p.inputType(),
                p.outputType(),
                p.weightLayout(),
                sampled,
                plain,
                tile,
                tiles,
                contention(routes, gemms, sampled, p.outputType()));
      }
    }
    cache.put(curves);
    return curves;
  }

  /** Nothing where devices do not tell when two streams ended. */
  private List<Contention.Sample> contention(
      RouteSampler routes, GemmSampler gemms, Map<Route, Curve> sampled, DType dtype) {
    if (!stopwatch.readsDevices()) {
      return List.of();
    }
    try (ContentionSampler contention =
        new ContentionSampler(world, stopwatch, progress, routes, gemms, sampled, dtype)) {
      return contention.sample();
    }
  }

  /** What the model says of a problem: its choice, and every candidate, fastest first. */
  private record Prediction(Tuning choice, List<Candidate> candidates) {}

  private Prediction predict(OperatorSpec spec) {
    return predict(spec, cache.entries());
  }

  private Prediction predict(OperatorSpec spec, List<TuningEntry> entries) {
    TuningKey key = TuningKey.of(spec, world.size());
    GemmProblem p = spec.problem();
    // The problem's own entry must not tell the model what it is about to predict.
    List<TuningEntry> others = entries.stream().filter(e -> !e.key().equals(key)).toList();
    LatencyModel model =
        new LatencyModel(
            curves(p, false),
            Machine.of(world.backend(), p.inputType(), p.outputType(), p.weightLayout()),
            Corrections.from(others));
    List<Candidate> all = Prospects.of(model, key, spec.tuning());
    Tuning choice = TuningAdvisor.choose(model, key, all).tuning();
    List<Candidate> fastestFirst = new ArrayList<>(all);
    fastestFirst.sort(Comparator.comparingDouble(Candidate::predicted));
    return new Prediction(choice, fastestFirst);
  }

  /**
   * What {@code auto} would take for a problem.
   *
   * @param choice how it would be run
   * @param gain sequential time over its time
   * @param measured whether that was measured, and not modelled
   */
  public record Outlook(Tuning choice, double gain, boolean measured) {}

  /** What is known of some problems, without measuring them. */
  public List<Outlook> outlook(List<OperatorSpec> specs) {
    List<TuningEntry> entries = cache.entries();
    return specs.stream().map(spec -> outlook(spec, entries)).toList();
  }

  private Outlook outlook(OperatorSpec spec, List<TuningEntry> entries) {
    TuningKey key = TuningKey.of(spec, world.size());
    Optional<TuningEntry> known = entries.stream().filter(e -> e.key().equals(key)).findFirst();
    if (known.isPresent() && known.get().sequential().isPresent()) {
      double sequential = known.get().sequential().get().measured();
      return new Outlook(known.get().chosen(), sequential / known.get().best().measured(), true);
    }
    Prediction prediction = predict(spec, entries);
    double sequential = predicted(prediction, c -> c.tuning().strategy() == Strategy.SEQUENTIAL);
    double chosen = predicted(prediction, c -> c.tuning().equals(prediction.choice()));
    return new Outlook(prediction.choice(), sequential / chosen, false);
  }

  private static double predicted(Prediction prediction, Predicate<Candidate> which) {
    return prediction.candidates().stream()
        .filter(which)
        .mapToDouble(Candidate::predicted)
        .findFirst()
        .orElse(Double.NaN);
  }

  /**
   * Tunes one problem and keeps the result.
   *
   * @param spec the problem; what its tuning forces is kept in all candidates
   * @param exhaustive whether to measure everything and not the best few
   */
  public TuningEntry tune(OperatorSpec spec, boolean exhaustive) {
    Prediction prediction = predict(spec);
    List<Candidate> measured =
        measure(spec, exhaustive ? prediction.candidates() : promising(prediction));
    TuningEntry entry = entry(spec, prediction, measured, exhaustive);
    cache.put(entry);
    return entry;
  }

  /**
   * Measures what the model chooses, and the sequential strategy, and keeps nothing: what it says
   * of the model stays independent of the problem.
   *
   * @param exhaustive whether to measure everything else, too
   */
  public TuningEntry validate(OperatorSpec spec, boolean exhaustive) {
    Prediction prediction = predict(spec);
    List<Candidate> few =
        prediction.candidates().stream()
            .filter(
                c ->
                    exhaustive
                        || c.tuning().equals(prediction.choice())
                        || c.tuning().strategy() == Strategy.SEQUENTIAL)
            .toList();
    return entry(spec, prediction, measure(spec, few), exhaustive);
  }

  private TuningEntry entry(
      OperatorSpec spec, Prediction prediction, List<Candidate> measured, boolean exhaustive) {
    Set<Tuning> few = new HashSet<>();
    promising(prediction).forEach(candidate -> few.add(candidate.tuning()));
    return new TuningEntry(
        TuningKey.of(spec, world.size()),
        fastest(measured),
        prediction.choice(),
        fastest(measured.stream().filter(c -> few.contains(c.tuning())).toList()),
        measured,
        exhaustive,
        iterations,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /**
   * Sequential, the best of each strategy, and then the best of all; of those that differ in
   * nothing but groups and units left free only the best, as long as there are others.
   */
  private static List<Candidate> promising(Prediction prediction) {
    List<Candidate> sorted = prediction.candidates();
    Set<Candidate> few = new LinkedHashSet<>();
    sorted.stream().filter(c -> c.tuning().strategy() == Strategy.SEQUENTIAL).forEach(few::add);
    sorted.stream().filter(c -> c.tuning().equals(prediction.choice())).forEach(few::add);
    EnumSet<Strategy> seen = EnumSet.of(Strategy.SEQUENTIAL);
    Set<Tuning> kinds = new HashSet<>();
    for (Candidate candidate : sorted) {
      if (seen.add(candidate.tuning().strategy())) {
        few.add(candidate);
      }
    }
    few.forEach(candidate -> kinds.add(kind(candidate.tuning())));
    for (Candidate candidate : sorted) {
      if (few.size() <= MEASURED && kinds.add(kind(candidate.tuning()))) {
        few.add(candidate);
      }
    }
    for (Candidate candidate : sorted) {
      if (few.size() <= MEASURED) {
        few.add(candidate);
      }
    }
    return new ArrayList<>(few);
  }

  /** A tuning without what is of little weight. */
  private static Tuning kind(Tuning tuning) {
    return tuning.withReservedUnits(-1).withGroups(List.of());
  }

  /** The fastest; sequential if that is as fast within what a median is worth. */
  private static Tuning fastest(List<Candidate> measured) {
    Candidate best =
        measured.stream().min(Comparator.comparingDouble(Candidate::measured)).orElseThrow();
    return measured.stream()
        .filter(c -> c.tuning().strategy() == Strategy.SEQUENTIAL)
        .filter(c -> c.measured() <= best.measured() * 1.01)
        .findFirst()
        .orElse(best)
        .tuning();
  }

  private List<Candidate> measure(OperatorSpec spec, List<Candidate> candidates) {
    progress.begin(
        spec.operator()
            + " "
            + spec.problem().m()
            + "×"
            + spec.problem().n()
            + "×"
            + spec.problem().k(),
        candidates.size() * (iterations + 1L));
    List<Candidate> measured = new ArrayList<>();
    try (TunerOperands operands = new TunerOperands(world, spec)) {
      for (int first = 0; first < candidates.size(); first += SIDE_BY_SIDE) {
        int end = Math.min(candidates.size(), first + SIDE_BY_SIDE);
        measured.addAll(sideBySide(spec, candidates.subList(first, end), operands));
      }
    }
    return measured;
  }

  /** Every round runs each candidate once, so that a machine that grows busier does so for all. */
  private List<Candidate> sideBySide(
      OperatorSpec spec, List<Candidate> candidates, TunerOperands operands) {
    List<Candidate> planned = new ArrayList<>();
    List<OperatorPlan> plans = new ArrayList<>();
    try {
      for (Candidate candidate : candidates) {
        try {
          plans.add(world.plan(spec.withTuning(candidate.tuning())));
          planned.add(candidate);
        } catch (RuntimeException e) {
          if (candidate.tuning().strategy() == Strategy.SEQUENTIAL
              || !(e instanceof Failure failure)
              || failure.category() == Failure.Category.NATIVE) {
            throw e;
          }
          log.debug("{} cannot be planned", candidate.tuning(), e);
        }
      }
      List<Samples> samples = new ArrayList<>();
      plans.forEach(plan -> samples.add(new Samples()));
      for (int round = -1; round < iterations; round++) {
        for (int i = 0; i < plans.size(); i++) {
          OperatorPlan plan = plans.get(i);
          double micros = stopwatch.micros(rank -> operands.launch(plan, rank));
          if (round >= 0) {
            samples.get(i).add(micros);
          }
          progress.step(plan.strategy().name().toLowerCase(java.util.Locale.ROOT));
        }
      }
      List<Candidate> measured = new ArrayList<>();
      for (int i = 0; i < planned.size(); i++) {
        Candidate c = planned.get(i);
        measured.add(
            new Candidate(c.tuning(), c.modelled(), c.predicted(), samples.get(i).median()));
      }
      return measured;
    } finally {
      plans.forEach(OperatorPlan::close);
    }
  }

  @Override
  public void close() {
    stopwatch.close();
  }
}
