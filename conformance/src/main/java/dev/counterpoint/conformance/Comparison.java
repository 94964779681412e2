package dev.counterpoint.conformance;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Tensor;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.World;
import dev.counterpoint.conformance.ComparisonReport.Row;
import dev.counterpoint.conformance.ComparisonReport.Values;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Gives the same seeded inputs to several backends and compares what they make of them: bitwise
 * where nothing may be rounded, within the bound of rule NUM-1 elsewhere. The backends run one
 * after the other.
 */
public final class Comparison {
  private final List<ConformanceTarget> targets;
  private final List<Integer> worlds;
  private final List<OperatorCase> cases;
  private final long seed;
  private final ConformanceRunner.ProgressListener listener;

  private Comparison(
      List<ConformanceTarget> targets,
      List<Integer> worlds,
      List<OperatorCase> cases,
      long seed,
      ConformanceRunner.ProgressListener listener) {
    this.targets = targets;
    this.worlds = worlds;
    this.cases = cases;
    this.seed = seed;
    this.listener = listener;
  }

  /** What a backend made of one problem. */
  private sealed interface Answer {}

  /** Results of all ranks, what they must be, and the gathered inputs if that was asked for. */
  private record Result(Matrix[] outputs, Expected[] expected, byte[][] gathered)
      implements Answer {}

  /** It cannot do that. */
  private record Refused(String reason) implements Answer {}

  /** It should have, and did not. */
  private record Broken(String reason) implements Answer {}

  /**
   * Compares the backends that can run here, the first of them with each of the others.
   *
   * @throws BackendUnavailableException if fewer than two of them can
   * @throws InvalidArgumentException if fewer than two are named, or one refuses a setting
   */
  public static ComparisonReport run(
      ConformanceRunner.Options options, ConformanceRunner.ProgressListener listener) {
    if (!options.backend().contains(",")) {
      throw new InvalidArgumentException(
          "backend", options.backend(), "name two backends or more, such as host,rocm");
    }
    List<Targets.Missing> missing = new ArrayList<>();
    List<ConformanceTarget> targets =
        new Targets(options.backend(), options.properties()).available(missing);
    if (targets.size() < 2) {
      throw new BackendUnavailableException(
          "a comparison needs two backends, and "
              + (targets.isEmpty() ? "none" : "only '" + targets.get(0).name() + "'")
              + " can run here; "
              + missing.stream().map(Targets.Missing::reason).collect(Collectors.joining("; ")));
    }
    return run(options, targets, missing, ComparisonCases.all(options.full()), listener);
  }

  static ComparisonReport run(
      ConformanceRunner.Options options,
      List<ConformanceTarget> targets,
      List<Targets.Missing> missing,
      List<OperatorCase> cases,
      ConformanceRunner.ProgressListener listener) {
    Instant begin = Instant.now();
    Comparison comparison =
        new Comparison(targets, worlds(options, targets), cases, options.seed(), listener);
    listener.started(targets.size() * comparison.worlds.size() * cases.size());
    List<ComparisonReport.Subject> subjects = new ArrayList<>();
    List<List<Answer>> answers = new ArrayList<>();
    for (ConformanceTarget target : targets) {
      List<Answer> all = new ArrayList<>();
      String description = "";
      for (int ranks : comparison.worlds) {
        description = comparison.answer(target, ranks, all);
      }
      subjects.add(new ComparisonReport.Subject(target.name(), description));
      answers.add(all);
    }
    Map<String, String> absent = new LinkedHashMap<>();
    missing.forEach(one -> absent.put(one.name(), one.reason()));
    ComparisonReport report =
        new ComparisonReport(
            begin,
            java.time.Duration.between(begin, Instant.now()).toMillis(),
            options.seed(),
            options.full(),
            subjects,
            absent,
            comparison.rows(answers));
    Path directory = options.reportDirectory();
    if (directory != null) {
      report.write(directory);
    }
    return report;
  }

  /** Sizes that all have: by default the smallest above one, in a full run all above one. */
  private static List<Integer> worlds(
      ConformanceRunner.Options options, List<ConformanceTarget> targets) {
    int most = targets.stream().mapToInt(ConformanceTarget::mostRanks).min().orElse(1);
    if (!options.ranks().isEmpty()) {
      for (int ranks : options.ranks()) {
        targets.forEach(target -> Targets.requireRanks(target, ranks));
      }
      return List.copyOf(new TreeSet<>(options.ranks()));
    }
    TreeSet<Integer> common = new TreeSet<>(targets.get(0).rankCounts(options.full()));
    common.removeIf(ranks -> ranks > most);
    if (common.size() > 1) {
      common.remove(1);
    }
    return options.full() ? List.copyOf(common) : List.of(common.first());
  }

  /** Adds an answer for each problem; returns the backend's description. */
  private String answer(ConformanceTarget target, int ranks, List<Answer> answers) {
    World world = null;
    String description = "";
    try {
      for (int i = 0; i < cases.size(); i++) {
        if (world == null) {
          world = target.openWorld(ranks, target.waitTimeout(), Map.of());
          description = world.backend().description();
        }
        OperatorCase shape = cases.get(i);
        Answer answer = answer(target, world, shape, seed + 31L * i + 1_000_003L * ranks);
        answers.add(answer);
        listener.finished(
            target.name() + ": " + shape.spec().operator() + " " + shape.tuning.strategy(),
            answer.getClass().getSimpleName().toLowerCase(Locale.ROOT));
        if (world.backend().fault().isPresent()) {
          Watchdog.closeQuietly(world);
          world = null;
        }
      }
    } finally {
      if (world != null) {
        Watchdog.closeQuietly(world);
      }
    }
    return description;
  }

  private static Answer answer(
      ConformanceTarget target, World world, OperatorCase shape, long seed) {
    if (!world.backend().gemm().supports(shape.in, shape.out)) {
      return new Refused("'" + target.name() + "' does not multiply " + types(shape));
    }
    try (Desk desk = new Desk(new Random(seed), world, target.waitTimeout())) {
      OperatorBench bench = shape.on(desk);
      byte[][] gathered = new byte[0][];
      if (shape.kind == OperatorCase.Kind.AG) {
        gathered = runGathering(bench);
      } else {
        bench.run();
      }
      Matrix[] outputs = new Matrix[desk.ranks];
      for (int rank = 0; rank < desk.ranks; rank++) {
        outputs[rank] = bench.output[rank].read("output of rank " + rank + ", " + shape);
      }
      bench.plan.close();
      return new Result(outputs, bench.expected, gathered);
    } catch (UnsupportedCapabilityException e) {
      return new Refused("'" + target.name() + "' lacks " + e.capability());
    } catch (RuntimeException | AssertionError e) {
      return new Broken("'" + target.name() + "': " + e.getMessage());
    }
  }

  private static byte[][] runGathering(OperatorBench bench) {
    Desk desk = bench.desk;
    OperatorBench.Operand[] gathered = new OperatorBench.Operand[desk.ranks];
    Tensor[] tensors = new Tensor[desk.ranks];
    for (int rank = 0; rank < desk.ranks; rank++) {
      OperatorCase shape = bench.shape;
      gathered[rank] =
          bench.new Operand(rank, new Matrix(shape.in, shape.m, shape.k, Math.max(1, shape.k)));
      gathered[rank].clear();
      tensors[rank] = gathered[rank].tensor;
    }
    desk.rig.onEachRank(rank -> bench.launchGathering(rank, tensors[rank]));
    desk.settle();
    byte[][] bytes = new byte[desk.ranks][];
    for (int rank = 0; rank < desk.ranks; rank++) {
      bytes[rank] = desk.rig.read(gathered[rank].memory);
    }
    return bytes;
  }

  private static String types(OperatorCase shape) {
    return shape.in + " to " + shape.out;
  }

  private List<Row> rows(List<List<Answer>> answers) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < answers.get(0).size(); i++) {
      OperatorCase shape = cases.get(i % cases.size());
      int ranks = worlds.get(i / cases.size());
      for (int other = 1; other < answers.size(); other++) {
        Pair pair = new Pair(targets.get(0).name(), targets.get(other).name(), shape, ranks);
        rows.addAll(pair.rows(answers.get(0).get(i), answers.get(other).get(i)));
      }
    }
    return rows;
  }

  /** One problem on two backends. */
  private record Pair(String first, String second, OperatorCase shape, int ranks) {
    List<Row> rows(Answer one, Answer two) {
      Values values = shape.integers ? Values.INTEGERS : Values.REALS;
      for (Answer answer : List.of(one, two)) {
        if (answer instanceof Refused refused) {
          return List.of(skipped(values, refused.reason()));
        }
      }
      for (Answer answer : List.of(one, two)) {
        if (answer instanceof Broken broken) {
          return List.of(nothing(values, ComparisonReport.Status.DIFFER, broken.reason()));
        }
      }
      Result a = (Result) one;
      Result b = (Result) two;
      List<Row> rows = new ArrayList<>();
      rows.add(outputs(values, a, b));
      if (a.gathered().length > 0 && !shape.integers) {
        rows.add(copies(a, b));
      }
      return rows;
    }

    private Row skipped(Values values, String reason) {
      return nothing(values, ComparisonReport.Status.SKIPPED, reason);
    }

    private Row nothing(Values values, ComparisonReport.Status status, String problem) {
      return row(values, status, Double.NaN, Double.NaN, Double.NaN, 0, 0, problem);
    }

    private Row outputs(Values values, Result a, Result b) {
      boolean exact =
          Arrays.stream(a.expected()).allMatch(expected -> expected.allExact(shape.out));
      double worst = -1;
      double difference = 0;
      double bound = 0;
      long unequal = 0;
      long elements = 0;
      String problem = "";
      for (int rank = 0; rank < ranks; rank++) {
        Matrix x = a.outputs()[rank];
        Matrix y = b.outputs()[rank];
        for (int i = 0; i < x.values.length; i++) {
          elements++;
          double off = Math.abs(x.values[i] - y.values[i]);
          unequal += x.values[i] == y.values[i] ? 0 : 1;
          double s = a.expected()[rank].magnitudes[i];
          double allowed =
              exact
                  ? 0
                  : a.expected()[rank].bound(shape.out, i) + b.expected()[rank].bound(shape.out, i);
          double share = off == 0 ? 0 : off / allowed;
          if (share > worst || Double.isNaN(share)) {
            worst = Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
            difference = s == 0 ? off : off / s;
            bound = s == 0 ? allowed : allowed / s;
          }
          if (problem.isEmpty() && !(off <= allowed)) {
            problem = described(rank, i, x, y, a.expected()[rank]);
          }
        }
      }
      double share = exact ? Double.NaN : Math.max(0, worst);
      return row(values, status(problem), difference, bound, share, unequal, elements, problem);
    }

    private String described(int rank, int index, Matrix x, Matrix y, Expected expected) {
      return String.format(
          Locale.ROOT,
          "rank %d, element [%d, %d]: %s has %s, %s has %s, exact is %s",
          rank,
          index / Math.max(1, x.cols),
          index % Math.max(1, x.cols),
          first,
          x.values[index],
          second,
          y.values[index],
          expected.values[index]);
    }

    private Row copies(Result a, Result b) {
      long unequal = 0;
      long bytes = 0;
      String problem = "";
      for (int rank = 0; rank < ranks; rank++) {
        byte[] x = a.gathered()[rank];
        byte[] y = b.gathered()[rank];
        bytes += x.length;
        for (int i = 0; i < x.length; i++) {
          if (x[i] != y[i]) {
            unequal++;
            problem = problem.isEmpty() ? "rank " + rank + ", byte " + i + " differs" : problem;
          }
        }
      }
      double none = unequal == 0 ? 0 : Double.NaN;
      return row(Values.COPIES, status(problem), none, 0, Double.NaN, unequal, bytes, problem);
    }

    private static ComparisonReport.Status status(String problem) {
      return problem.isEmpty() ? ComparisonReport.Status.AGREE : ComparisonReport.Status.DIFFER;
    }

    private Row row(
        Values values,
        ComparisonReport.Status status,
        double difference,
        double bound,
        double ofBound,
        long unequal,
        long elements,
        @Nullable String problem) {
      return new Row(
          second,
          shape.spec().operator(),
          shape.tuning.strategy().name().toLowerCase(Locale.ROOT),
          name(shape.in),
          name(shape.out),
          shape.m,
          shape.n,
          shape.k,
          ranks,
          values,
          status,
          difference,
          bound,
          ofBound,
          unequal,
          elements,
          problem == null ? "" : problem);
    }

    private static String name(DType type) {
      return type.name().toLowerCase(Locale.ROOT);
    }
  }
}
