package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Shape;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.conformance.OperatorCase.Kind;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Chapter 14, last part: operators that normalise the rows of their result. */
@DisplayName("Operators: normalised rows")
class OperatorNormRules {
  private static final Norm RMS = Norm.rms(0x1p-10f).withResidual().withSum();
  private static final Norm LAYER = Norm.layer(0x1p-10f).withBias().withResidual();

  /** One operator with a norm, beside the same without, on every rank. */
  private static final class Bench {
    final OperatorBench plain;
    final OperatorBench normed;
    final Norm norm;
    final OperatorBench.Operand[] weight;
    final @Nullable OperatorBench.Operand[] bias;
    final @Nullable OperatorBench.Operand[] residual;
    final @Nullable OperatorBench.Operand[] sum;
    final NormTensors[] tensors;

    Bench(OperatorCase shape, Norm norm, OperatorBench plain) {
      this.plain = plain;
      this.norm = norm;
      Desk desk = plain.desk;
      normed = plain.with(desk.own(desk.world.plan(shape.norm(norm).spec())));
      int ranks = desk.ranks;
      weight = new OperatorBench.Operand[ranks];
      bias = new OperatorBench.Operand[ranks];
      residual = new OperatorBench.Operand[ranks];
      sum = new OperatorBench.Operand[ranks];
      tensors = new NormTensors[ranks];
      OperatorSpec spec = normed.spec;
      Shape columns = new Shape(1, spec.problem().n());
      for (int rank = 0; rank < ranks; rank++) {
        Shape rows = spec.outputShape(rank, ranks);
        weight[rank] = operand(rank, columns, 0);
        bias[rank] = norm.bias() ? operand(rank, columns, 0) : null;
        residual[rank] = norm.residual() ? operand(rank, rows, shape.padding) : null;
        sum[rank] = norm.sum() ? operand(rank, rows, shape.padding) : null;
        tensors[rank] =
            new NormTensors(
                weight[rank].tensor, tensor(bias[rank]), tensor(residual[rank]), tensor(sum[rank]));
      }
    }

    private OperatorBench.Operand operand(int rank, Shape shape, int padding) {
      int stride = Math.max(1, shape.cols() + padding);
      return plain
      .new Operand(
          rank,
          Matrix.random(
              plain.desk.random, plain.shape.out, shape.rows(), shape.cols(), stride, false));
    }

    private static @Nullable Tensor tensor(OperatorBench.@Nullable Operand operand) {
      return operand == null ? null : operand.tensor;
    }

    void launch(int rank) {
      normed.launchNormalizing(rank, tensors[rank]);
    }

    void run() {
      normed.desk.rig.onEachRank(this::launch);
      normed.desk.settle();
    }

    /** Checks the rows against what the plain operator has left in its outputs. */
    void check(String what, Matrix[] plainRows) {
      for (int rank = 0; rank < tensors.length; rank++) {
        String where = what + " at rank " + rank + ", " + normed.plan.explanation();
        OperatorBench.Operand addend = residual[rank];
        OperatorBench.Operand vector = bias[rank];
        NormReference reference =
            new NormReference(
                norm,
                plainRows[rank],
                addend == null ? null : addend.matrix,
                weight[rank].matrix,
                vector == null ? null : vector.matrix);
        reference.check(where, normed.output[rank].read(where));
        OperatorBench.Operand stored = sum[rank];
        if (stored != null) {
          reference.checkSum(where, stored.read(where + ", sum"));
        }
      }
    }
  }

  private static Matrix[] plainRows(OperatorBench plain) {
    plain.clear();
    plain.run();
    plain.check("without a norm");
    Matrix[] rows = new Matrix[plain.desk.ranks];
    for (int rank = 0; rank < rows.length; rank++) {
      rows[rank] = plain.output[rank].read("plain result of rank " + rank);
    }
    return rows;
  }

  static void runAndCheck(Kit kit, Desk desk, OperatorCase shape, Norm norm) {
    kit.at("%s, %s", shape, norm);
    OperatorBench plain = OperatorRules.plannedOrRefused(shape, desk);
    if (plain == null) {
      return;
    }
    Matrix[] rows = plainRows(plain);
    Bench bench = new Bench(shape, norm, plain);
    for (int launch = 1; launch <= 2; launch++) {
      bench.normed.clear();
      bench.run();
      bench.check("launch " + launch, rows);
    }
    bench.plain.plan.close();
    bench.normed.plan.close();
  }

  @Rule({"OP-13", "NORM-1", "OP-2", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void everyStrategyNormalisesItsResult(Kit kit) {
    Desk desk = kit.desk();
    int n = kit.ranks();
    int[][] shapes = {{0, 3, 5}, {1, 1, 1}, {n - 1, 7, 3}, {37, 29, 31}, {8 * n, 16 * n, 4 * n}};
    for (Kind kind : new Kind[] {Kind.RS, Kind.AR}) {
      for (Strategy strategy : OperatorRules.FORCED) {
        for (int[] s : shapes) {
          OperatorCase shape = OperatorCase.of(kind, s[0], s[1], s[2]).strategy(strategy);
          runAndCheck(kit, desk, shape.tile(8, 8), RMS);
        }
        OperatorCase shape = OperatorCase.of(kind, 41, 23, 19).strategy(strategy);
        runAndCheck(kit, desk, shape.tile(8, 8).chunks(3).padded(5).bias(true), LAYER);
      }
    }
    runAndCheck(kit, desk, OperatorCase.of(Kind.RS, 37, 29, 31), Norm.rms(0x1p-10f));
  }

  @Rule({"OP-13", "OP-1"})
  @ConformanceTest(value = Worlds.PAIR, seconds = 120)
  void everyTypeThatCanBeNormalisedIs(Kit kit) {
    Desk desk = kit.desk();
    for (DType in : DType.values()) {
      for (DType out : NormReference.types()) {
        if (!desk.world.backend().gemm().supports(in, out)) {
          continue;
        }
        for (Kind kind : new Kind[] {Kind.RS, Kind.AR}) {
          for (Strategy strategy : OperatorRules.FORCED) {
            OperatorCase shape = OperatorCase.of(kind, 19, 14, 22).strategy(strategy);
            runAndCheck(kit, desk, shape.types(in, out), RMS);
          }
        }
      }
    }
  }

  /** With small integers every strategy has the same result, and so the same norm of it. */
  @Rule({"OP-13", "DET-1"})
  @ConformanceTest(Worlds.SEVERAL)
  void allStrategiesGiveTheSameBits(Kit kit) {
    Desk desk = kit.desk();
    for (Kind kind : new Kind[] {Kind.RS, Kind.AR}) {
      Bench first = null;
      byte[][] wanted = {};
      for (Strategy strategy : OperatorRules.FORCED) {
        OperatorCase shape = OperatorCase.of(kind, 29, 37, 16).strategy(strategy).tile(8, 8);
        kit.at("%s", shape);
        OperatorBench planned = OperatorRules.plannedOrRefused(shape, desk);
        if (planned == null) {
          continue;
        }
        if (first == null) {
          first = new Bench(shape, RMS, planned);
          first.run();
          wanted = first.normed.outputs();
          continue;
        }
        OperatorBench other = first.plain.with(desk.own(desk.world.plan(shape.norm(RMS).spec())));
        NormTensors[] tensors = first.tensors;
        other.clear();
        desk.rig.onEachRank(rank -> other.launchNormalizing(rank, tensors[rank]));
        desk.settle();
        byte[][] seen = other.outputs();
        for (int rank = 0; rank < kit.ranks(); rank++) {
          Check.bytes("[OP-13] output of rank " + rank, wanted[rank], seen[rank]);
        }
      }
    }
  }

  @Rule({"OP-13", "OP-3", "OP-4"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true, seconds = 120)
  void launchesWithANormRunAheadAndAreReplayed(Kit kit) {
    Desk desk = kit.desk();
    boolean graphs = desk.world.backend().capabilities().contains(Capability.GRAPHS);
    for (Kind kind : new Kind[] {Kind.RS, Kind.AR}) {
      for (Strategy strategy : OperatorRules.FORCED) {
        OperatorCase shape = OperatorCase.of(kind, 21, 24, 16).strategy(strategy).tile(8, 8);
        kit.at("%s", shape);
        OperatorBench plain = OperatorRules.plannedOrRefused(shape, desk);
        if (plain == null) {
          continue;
        }
        Matrix[] rows = plainRows(plain);
        Bench bench = new Bench(shape, RMS, plain);
        desk.rig.onEachRank(
            rank -> {
              for (int launch = 0; launch < 5; launch++) {
                bench.launch(rank);
              }
            });
        desk.settle();
        bench.check("the last of five launches", rows);
        if (graphs) {
          replay(desk, bench, rows);
        }
      }
    }
  }

  private static void replay(Desk desk, Bench bench, Matrix[] rows) {
    Graph[] captured = new Graph[desk.ranks];
    desk.rig.onEachRank(
        rank -> {
          Stream stream = desk.rank(rank).stream();
          stream.beginCapture();
          bench.launch(rank);
          captured[rank] = desk.own(stream.endCapture());
        });
    bench.normed.clear();
    for (int round = 0; round < 3; round++) {
      desk.rig.onEachRank(rank -> captured[rank].launch(desk.rank(rank).stream()));
    }
    desk.settle();
    bench.check("replays", rows);
  }

  @Rule({"OP-6", "OP-13"})
  @ConformanceTest(Worlds.PAIR)
  void wrongNormsAreRefusedByName(Kit kit) {
    Desk desk = kit.desk();
    OperatorCase shape = OperatorCase.of(Kind.AR, 16, 12, 8);
    OperatorBench plain = shape.on(desk);
    Bench bench = new Bench(shape, LAYER.withSum(), plain);
    NormTensors good = bench.tensors[0];
    Tensor shorter = desk.own(desk.rank(0).allocate(DType.FP32, 1, 11));
    Tensor foreign = desk.own(desk.rank(1).allocate(DType.FP32, 16, 12));
    refuses(
        bench, "norm.weight", new NormTensors(shorter, good.bias(), good.residual(), good.sum()));
    refuses(bench, "norm.bias", new NormTensors(good.weight(), null, good.residual(), good.sum()));
    refuses(bench, "norm.residual", new NormTensors(good.weight(), good.bias(), null, good.sum()));
    refuses(bench, "norm.sum", new NormTensors(good.weight(), good.bias(), good.residual(), null));
    refuses(
        bench, "norm.sum", new NormTensors(good.weight(), good.bias(), good.residual(), foreign));
    Tensor output = bench.normed.output[0].tensor;
    refuses(
        bench, "norm.residual", new NormTensors(good.weight(), good.bias(), output, good.sum()));
    refuses(
        bench, "norm.sum", new NormTensors(good.weight(), good.bias(), good.residual(), output));
    Check.refusesNaming("a launch without its norm", "norm", () -> bench.normed.launch(0));
    Check.refusesNaming(
        "a norm that was not planned", "norm", () -> plain.launchNormalizing(0, good));
    Check.fails(
        InvalidArgumentException.class,
        "a norm beside beta",
        () -> shape.factors(1, 1).norm(RMS).spec());
    Check.fails(
        InvalidArgumentException.class,
        "a norm of integers",
        () -> OperatorCase.of(Kind.RS, 4, 4, 4).types(DType.INT8, DType.INT32).norm(RMS).spec());
    Check.that(plain.plan instanceof NormalizingPlan, "an all-reduce can normalise");
  }

  private static void refuses(Bench bench, String operand, NormTensors tensors) {
    Check.refusesNaming(
        operand + " in " + tensors, operand, () -> bench.normed.launchNormalizing(0, tensors));
  }
}
