package dev.counterpoint.cli.tune;

import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Tuning;
import dev.counterpoint.cli.bench.Operator;
import dev.counterpoint.cli.bench.ProblemOptions;
import dev.counterpoint.cli.bench.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which shapes are tuned. */
final class ShapeOptions {
  /**
   * Sizes of random shapes: wide enough that every strategy wins somewhere.
   *
   * @param work most multiplications of one rank, so that a run stays short
   */
  private record Sizes(int leastRows, int mostRows, int least, int most, double work) {
    static final Sizes DEVICE = new Sizes(64, 16384, 1024, 57344, 2e12);
    static final Sizes EMULATED = new Sizes(32, 2048, 128, 2048, 4e8);
  }

  @Mixin private ProblemOptions problem = new ProblemOptions();

  @Option(
      names = "--rows",
      split = ",",
      paramLabel = "M",
      description = "Several M, one after the other, instead of -m.")
  private List<Integer> rows = new ArrayList<>();

  @Option(
      names = "--random",
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "So many random shapes of each operator instead of given ones.")
  private int random;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "Seed of the random shapes; default ${DEFAULT-VALUE}.")
  private long seed;

  boolean listsPresets() {
    return problem.listsPresets();
  }

  /** The problems to tune, in order. */
  List<OperatorSpec> specs(Operator operator, boolean emulated, int ranks) {
    GemmProblem base = problem.problem(operator, emulated);
    Variant variant = problem.variant().of(operator);
    Tuning tuning = problem.tuning();
    List<OperatorSpec> specs = new ArrayList<>();
    if (random > 0) {
      SplittableRandom numbers =
          new SplittableRandom(seed * 31 + List.of(Operator.values()).indexOf(operator));
      Sizes sizes = emulated ? Sizes.EMULATED : Sizes.DEVICE;
      while (specs.size() < random) {
        GemmProblem drawn =
            with(
                base,
                size(numbers, sizes.leastRows(), sizes.mostRows()),
                size(numbers, sizes.least(), sizes.most()),
                size(numbers, sizes.least(), sizes.most()));
        if (drawn.flops() / 2 / (operator == Operator.GEMM_A2A ? 1 : ranks) <= sizes.work()) {
          specs.add(variant.spec(operator, drawn, tuning, ranks));
        }
      }
      return specs;
    }
    for (int m : rows.isEmpty() ? List.of(base.m()) : rows) {
      specs.add(variant.spec(operator, with(base, m, base.n(), base.k()), tuning, ranks));
    }
    return specs;
  }

  /** Shapes of an operator at one K, for a map: every half octave of M and N. */
  List<OperatorSpec> grid(Operator operator, boolean emulated, int ranks) {
    GemmProblem base = problem.problem(operator, emulated);
    Variant variant = problem.variant().of(operator);
    Sizes sizes = emulated ? Sizes.EMULATED : Sizes.DEVICE;
    List<OperatorSpec> specs = new ArrayList<>();
    for (int m : halfOctaves(sizes.leastRows(), sizes.mostRows())) {
      for (int n : halfOctaves(sizes.least(), sizes.most())) {
        specs.add(variant.spec(operator, with(base, m, n, base.k()), problem.tuning(), ranks));
      }
    }
    return specs;
  }

  private static List<Integer> halfOctaves(int least, int most) {
    List<Integer> sizes = new ArrayList<>();
    for (int octave = least; octave <= most; octave *= 2) {
      sizes.add(octave);
      if (octave / 2 * 3 <= most) {
        sizes.add(octave / 2 * 3);
      }
    }
    return sizes;
  }

  /** Even in the logarithm; every second one is a multiple of 64, the others are not. */
  private static int size(SplittableRandom numbers, int least, int most) {
    double log = numbers.nextDouble(Math.log(least), Math.log(most));
    int size = (int) Math.round(Math.exp(log));
    return numbers.nextBoolean() && size >= 64 ? size / 64 * 64 : size;
  }

  private static GemmProblem with(GemmProblem p, int m, int n, int k) {
    return new GemmProblem(
        m, n, k, p.inputType(), p.outputType(), p.weightLayout(), p.alpha(), p.beta(), p.bias());
  }
}
