package dev.counterpoint.conformance;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.conformance.OperatorCase.Kind;
import dev.counterpoint.conformance.OperatorRules.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.function.Executable;

/** Chapter 14, third part: bad input, absent peers, wrong order, closed things. */
@DisplayName("Operators: errors")
class OperatorErrorRules {
  @Rule("OP-5")
  @ConformanceTest(value = Worlds.PAIR, seconds = 120)
  void aRankThatDoesNotLaunchIsAnErrorForTheOthersAndNotAHang(Kit kit) {
    int combination = 0;
    for (Way way : OperatorRules.ways()) {
      if (!kit.full() && way.tiled() && combination++ % 5 % 2 == 0) {
        continue;
      }
      Desk desk = kit.openDesk(kit.target().shortTimeout());
      OperatorBench bench = OperatorRules.plannedOrRefused(way.of(24, 16, 8), desk);
      if (bench == null) {
        continue;
      }
      kit.at("%s without rank 1", bench.shape);
      Duration limit = desk.waitTimeout.plusSeconds(2);
      long start = System.nanoTime();
      DeviceFaultException e =
          Check.fails(
              DeviceFaultException.class,
              "a launch that rank 1 does not join",
              () -> {
                bench.launch(0);
                desk.world.synchronize(Rig.DEADLINE);
              });
      long took = (System.nanoTime() - start) / 1_000_000;
      Check.that(
          took <= limit.toMillis(),
          "the fault came after %d ms; allowed are %d",
          took,
          limit.toMillis());
      Check.that(
          e.fault().operation().contains(bench.plan.label()),
          "the fault must name the operation %s, but says: %s",
          bench.plan.label(),
          e.getMessage());
      Check.fails(DeviceFaultException.class, "a launch after the fault", () -> bench.launch(0));
      Watchdog.within(
          "close of the failed world",
          limit.plus(desk.waitTimeout).plusSeconds(3),
          desk.world::close);
    }
  }

  @Rule("OP-7")
  @ConformanceTest(value = Worlds.SEVERAL, seconds = 120)
  void plansLaunchedInDifferentOrdersEndInAnException(Kit kit) {
    for (int round = 0; round < kit.rounds(2, 8); round++) {
      Desk desk = kit.openDesk(kit.target().shortTimeout());
      Kind kind = Kind.AG.later(kit.random().nextInt(4));
      OperatorBench one = OperatorCase.of(kind, 16, 16, 16).on(desk);
      OperatorBench two = OperatorCase.of(kind.later(round), 24, 8, 8).on(desk);
      kit.at("%s and %s", one.plan.label(), two.plan.label());
      int odd = kit.random().nextInt(kit.ranks());
      long start = System.nanoTime();
      RuntimeException failure = null;
      try {
        desk.rig.onEachRank(
            rank -> {
              (rank == odd ? two : one).launch(rank);
              (rank == odd ? one : two).launch(rank);
            });
        desk.world.synchronize(Rig.DEADLINE);
      } catch (RuntimeException e) {
        failure = e;
      }
      long took = (System.nanoTime() - start) / 1_000_000;
      long limit = desk.waitTimeout.toMillis() + 2000;
      Check.that(failure != null, "rank %d launched in another order, and nobody noticed", odd);
      Check.that(
          failure instanceof Failure,
          "the failure must be one of this library's exceptions, but is %s",
          failure);
      Check.that(took <= limit, "the exception came after %d ms; allowed are %d", took, limit);
      Watchdog.within(
          "close of the failed world",
          desk.waitTimeout.multipliedBy(2).plusSeconds(5),
          desk.world::close);
    }
  }

  @Rule({"OP-6", "GEMM-17"})
  @ConformanceTest(Worlds.PAIR)
  void wrongOperandsAreRefusedByName(Kit kit) {
    Desk desk = kit.desk();
    Desk elsewhere = kit.openDesk(kit.target().waitTimeout());
    for (Kind kind : Kind.values()) {
      OperatorCase shape = OperatorCase.of(kind, 16, 12, 8).bias(true);
      OperatorBench bench = shape.on(desk);
      OperatorBench foreign = shape.on(elsewhere);
      Operands good = Operands.of(bench, 0);
      Operands other = Operands.of(foreign, 0);
      Operands peer = Operands.of(bench, 1);
      kit.at("%s", shape);
      for (String name : new String[] {"input", "weight", "bias", "output"}) {
        Tensor right = good.get(name);
        List<Tensor> wrong = new ArrayList<>();
        wrong.add(desk.own(desk.rank(0).allocate(right.dtype(), right.rows() + 1, right.cols())));
        wrong.add(desk.own(desk.rank(0).allocate(right.dtype(), right.rows(), right.cols() + 1)));
        wrong.add(desk.own(desk.rank(0).allocate(DType.INT32, right.rows(), right.cols())));
        wrong.add(other.get(name));
        wrong.add(peer.get(name));
        for (Tensor tensor : wrong) {
          Check.refusesNaming(
              name + " replaced by " + tensor,
              name,
              () -> good.with(name, tensor).launch(bench.plan, desk.rank(0)));
        }
        Tensor closed = desk.rank(0).allocate(right.dtype(), right.rows(), right.cols());
        closed.close();
        Check.fails(
            ResourceClosedException.class,
            "closed " + name,
            () -> good.with(name, closed).launch(bench.plan, desk.rank(0)));
      }
      Check.refusesNaming(
          "a missing bias",
          "bias",
          () -> bench.plan.launch(desk.rank(0), good.input, good.weight, good.output));
      OperatorBench unbiased = OperatorCase.of(kind, 16, 12, 8).on(desk);
      Check.refusesNaming(
          "a bias that is not wanted", "bias", () -> good.launch(unbiased.plan, desk.rank(0)));
      Check.refusesNaming(
          "a rank of another world",
          "rank",
          () ->
              bench.plan.launch(
                  elsewhere.rank(0), good.input, good.weight, good.bias, good.output));
      bench.clear();
      bench.run();
      bench.check("after refused launches");
    }
  }

  /** The operands of one rank. */
  private record Operands(Tensor input, Tensor weight, Tensor bias, Tensor output) {
    static Operands of(OperatorBench bench, int rank) {
      OperatorBench.Operand addend = bench.bias[rank];
      if (addend == null) {
        throw new IllegalStateException("the case has no bias");
      }
      return new Operands(
          bench.input[rank].tensor,
          bench.weight[rank].tensor,
          addend.tensor,
          bench.output[rank].tensor);
    }

    Tensor get(String name) {
      return switch (name) {
        case "input" -> input;
        case "weight" -> weight;
        case "bias" -> bias;
        default -> output;
      };
    }

    Operands with(String name, Tensor tensor) {
      return switch (name) {
        case "input" -> new Operands(tensor, weight, bias, output);
        case "weight" -> new Operands(input, tensor, bias, output);
        case "bias" -> new Operands(input, weight, tensor, output);
        default -> new Operands(input, weight, bias, tensor);
      };
    }

    void launch(OperatorPlan plan, Rank rank) {
      plan.launch(rank, input, weight, bias, output);
    }
  }

  @Rule({"OP-6", "ERR-7"})
  @ConformanceTest
  void sizesThatCannotBeAreRefusedByTheSpecification(Kit kit) {
    for (long size :
        new long[] {-1, Integer.MAX_VALUE, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
      Check.refusesNaming(
          "m = " + size, "m", () -> AllGatherGemmSpec.builder().m(size).n(8).k(8).build());
      Check.refusesNaming(
          "n = " + size, "n", () -> AllGatherGemmSpec.builder().m(8).n(size).k(8).build());
      Check.refusesNaming(
          "k = " + size, "k", () -> AllGatherGemmSpec.builder().m(8).n(8).k(size).build());
    }
    Check.refusesNaming("n = 0", "n", () -> AllGatherGemmSpec.builder().m(8).n(0).k(8).build());
    Check.refusesNaming(
        "k that was not set", "k", () -> AllGatherGemmSpec.builder().m(8).n(8).build());
    Check.refusesNaming(
        "INT32 input",
        "inputType",
        () -> AllGatherGemmSpec.builder().m(8).n(8).k(8).dtype(DType.INT32).build());
    Check.refusesNaming(
        "INT8 to FP32",
        "outputType",
        () ->
            AllGatherGemmSpec.builder()
                .m(8)
                .n(8)
                .k(8)
                .dtype(DType.INT8)
                .outputType(DType.FP32)
                .build());
    Check.refusesNaming(
        "beta for all-to-all",
        "beta",
        () -> GemmAllToAllSpec.builder().m(8).n(8).k(8).beta(1f).build());
    Check.refusesNaming(
        "alpha NaN",
        "alpha",
        () -> AllGatherGemmSpec.builder().m(8).n(8).k(8).alpha(Float.NaN).build());
  }

  @Rule({"OP-6", "MEM-4"})
  @ConformanceTest(value = Worlds.PAIR, seconds = 120)
  void problemsThatDoNotFitIntoMemoryAreRefusedAndTheWorldStaysUsable(Kit kit) {
    Desk desk = kit.desk();
    int most = Integer.MAX_VALUE - 1024;
    for (Kind kind : Kind.values()) {
      for (Strategy strategy : OperatorRules.FORCED) {
        OperatorCase shape = OperatorCase.of(kind, most, most, most).strategy(strategy);
        kit.at("%s", shape);
        try {
          desk.world.plan(shape.spec()).close();
        } catch (RuntimeException e) {
          Check.that(
              e instanceof Failure,
              "[OP-6] an impossible problem must be refused by one of this library's exceptions, but threw %s",
              e);
        }
        int tooMany = most;
        RuntimeException e =
            Check.fails(
                RuntimeException.class,
                "a tensor of " + tooMany + " × " + tooMany + " elements",
                () -> desk.own(desk.rank(0).allocate(DType.FP32, tooMany, tooMany)));
        Check.that(
            e instanceof Failure,
            "[MEM-4] an impossible tensor must be refused by one of this library's exceptions, but threw %s",
            e);
      }
      OperatorBench bench = OperatorCase.of(kind, 9, 9, 9).on(desk);
      bench.run();
      bench.check("after problems that did not fit");
    }
    Check.refuses("a tensor of −1 rows", () -> desk.rank(0).allocate(DType.FP32, -1, 8));
    Check.refuses(
        "a tensor with a stride below its columns",
        () -> desk.rank(0).wrap(4096, DType.FP32, 2, 8, 7));
  }

  @Rule({"LIFE-3", "LIFE-4"})
  @ConformanceTest(Worlds.PAIR)
  void closedPlansTensorsAndWorldsAreRefused(Kit kit) {
    Desk desk = kit.openDesk(kit.target().waitTimeout());
    OperatorBench bench = OperatorCase.of(Kind.RS, 8, 8, 8).on(desk);
    bench.run();
    bench.check("before close");
    bench.plan.close();
    bench.plan.close();
    Check.closed("launch of a plan", bench.plan.label(), () -> bench.launch(0));
    Tensor tensor = desk.rank(1).allocate(DType.FP32, 2, 2);
    tensor.close();
    tensor.close();
    Check.fails(
        ResourceClosedException.class,
        "upload to a closed tensor",
        () -> tensor.upload(new float[4]));
    Tensor open = desk.rank(0).allocate(DType.FP32, 2, 2);
    OperatorBench second = OperatorCase.of(Kind.AG, 8, 8, 8).on(desk);
    desk.world.close();
    desk.world.close();
    Map<String, Executable> uses =
        Map.of(
            "plan", () -> desk.world.plan(OperatorCase.of(Kind.AG, 8, 8, 8).spec()),
            "launch", () -> second.launch(0),
            "synchronize", () -> desk.world.synchronize(Rig.DEADLINE),
            "allocate", () -> desk.rank(0).allocate(DType.FP32, 1, 1),
            "upload", () -> open.upload(new float[4]));
    for (Map.Entry<String, Executable> use : uses.entrySet()) {
      Check.fails(
          ResourceClosedException.class,
          use.getKey() + " after close of the world",
          use.getValue());
    }
  }

  @Rule({"OP-6", "MEM-6"})
  @ConformanceTest(Worlds.PAIR)
  void tensorsRoundTripAndRefuseWrongLengths(Kit kit) {
    Desk desk = kit.desk();
    for (DType type : DType.values()) {
      kit.at("%s", type);
      Matrix values = Matrix.random(kit.random(), type, 5, 7, 7, false);
      float[] floats = new float[35];
      for (int i = 0; i < 35; i++) {
        floats[i] = (float) values.values[i];
      }
      Tensor tensor = desk.own(desk.rank(1).allocate(type, 5, 7));
      tensor.upload(floats);
      float[] back = tensor.toFloats();
      for (int i = 0; i < 35; i++) {
        Check.that(back[i] == floats[i], "element %d: wanted %s, seen %s", i, floats[i], back[i]);
      }
      InvalidArgumentException e =
          Check.refuses("34 values for 35 elements", () -> tensor.upload(new float[34]));
      Check.that(
          e.argument().toLowerCase(Locale.ROOT).contains("value"),
          "the refusal must name the values: %s",
          e.getMessage());
    }
  }

  @Rule({"ERR-8", "OP-5"})
  @ConformanceTest(Worlds.PAIR)
  void aNewWorldWorksAfterOneHasFailed(Kit kit) {
    Desk broken = kit.openDesk(kit.target().shortTimeout());
    OperatorBench lonely = OperatorCase.of(Kind.AR, 16, 16, 16).on(broken);
    Check.fails(
        DeviceFaultException.class,
        "a launch that rank 0 does not join",
        () -> {
          lonely.launch(1);
          broken.world.synchronize(Rig.DEADLINE);
        });
    broken.world.close();
    Desk fresh = kit.openDesk(kit.target().waitTimeout());
    OperatorBench bench = OperatorCase.of(Kind.AR, 16, 16, 16).on(fresh);
    bench.run();
    bench.check("in a world opened after another had failed");
  }
}
