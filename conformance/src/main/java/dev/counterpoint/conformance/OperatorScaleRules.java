package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import dev.counterpoint.Scaling;
import dev.counterpoint.Splits;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.conformance.OperatorCase.Kind;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;

/** Chapter 14, fifth part: inputs and weights with factors of their blocks. */
@DisplayName("Operators: scales by block")
class OperatorScaleRules {
  private static Desk desk(Kit kit) {
    Desk desk = kit.desk();
    kit.assume(
        desk.world.backend().capabilities().contains(Capability.BLOCK_SCALES),
        "the backend does not declare BLOCK_SCALES; its refusal has a test of its own");
    return desk;
  }

  private static OperatorCase scaled(Kind kind, int m, int n, int k) {
    return OperatorCase.of(kind, m, n, k).types(DType.FP8_E4M3, DType.BF16).blocks();
  }

  private static void runAndCheck(Kit kit, Desk desk, OperatorCase shape) {
    kit.at("%s", shape);
    OperatorBench bench = OperatorRules.plannedOrRefused(shape, desk);
    if (bench == null) {
      return;
    }
    for (int launch = 1; launch <= 2; launch++) {
      bench.clear();
      bench.run();
      bench.check("launch " + launch);
    }
    bench.plan.close();
  }

  @Rule({"OP-15", "OP-1", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void allGatherGemmTakesScaledOperands(Kit kit) {
    everyStrategyTakesScaledOperands(kit, Kind.AG);
  }

  @Rule({"OP-15", "OP-1", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void gemmReduceScatterTakesScaledOperands(Kit kit) {
    everyStrategyTakesScaledOperands(kit, Kind.RS);
  }

  @Rule({"OP-15", "OP-1", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void gemmAllReduceTakesScaledOperands(Kit kit) {
    everyStrategyTakesScaledOperands(kit, Kind.AR);
  }

  @Rule({"OP-15", "OP-1", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void gemmAllToAllTakesScaledOperands(Kit kit) {
    everyStrategyTakesScaledOperands(kit, Kind.A2A);
  }

  private static void everyStrategyTakesScaledOperands(Kit kit, Kind kind) {
    Desk desk = desk(kit);
    int n = kit.ranks();
    // Pieces of N and of K that are longer than a block, and such that are not.
    int[][] small = {{n - 1, 7, 3}, {9, 140 * n, 30}, {16 * n, 29, 140 * n}};
    List<OperatorCase> cases = new ArrayList<>();
    for (int[] s : small) {
      cases.add(scaled(kind, s[0], s[1], s[2]).tile(8, 8));
    }
    cases.add(
        scaled(kind, 41, 290, 130 * Math.min(n, 3) + 9)
            .chunks(3)
            .padded(5)
            .bias(true)
            .factors(0.5f, -1f)
            .reals());
    cases.add(
        scaled(kind, 33, 260, 300)
            .types(DType.FP8_E5M2, DType.FP16)
            .layout(WeightLayout.KN)
            .forced(List.of(1, 3, 2), Transport.COMPUTE)
            .factors(0.0625f, 0f)
            .reals());
    // Of a smoke run every strategy gets some, and of each world other ones.
    int some = kit.rounds(2, cases.size());
    int next = n;
    for (Strategy strategy : OperatorRules.FORCED) {
      for (int i = 0; i < some; i++) {
        runAndCheck(kit, desk, cases.get(next++ % cases.size()).strategy(strategy));
      }
    }
    runAndCheck(kit, desk, scaled(kind, 37, 150, 200));
  }

  @Rule({"OP-15", "OP-2", "CAP-2"})
  @ConformanceTest(Worlds.PAIR)
  void scaledOperandsAreRefusedByNameWhereTheyCannotBeMultiplied(Kit kit) {
    Desk desk = kit.desk();
    for (Kind kind : Kind.values()) {
      OperatorCase shape = scaled(kind, 16, 140, 300);
      Capability needed =
          desk.world.backend().capabilities().contains(Capability.GEMM_FP8)
              ? Capability.BLOCK_SCALES
              : Capability.GEMM_FP8;
      if (!kit.refused(needed, desk.world.backend(), () -> desk.world.plan(shape.spec()))) {
        runAndCheck(kit, desk, shape);
      }
    }
  }

  @Rule({"OP-15", "OP-14"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void anAllToAllOfScaledOperandsMayDivideItsRowsAsItLikes(Kit kit) {
    Desk desk = desk(kit);
    Splits splits = Splits.of(new long[][] {{3, 17}, {0, 5}});
    for (Strategy strategy : OperatorRules.FORCED) {
      OperatorCase shape = OperatorCase.of(splits, 140, 270).types(DType.FP8_E4M3, DType.BF16);
      runAndCheck(kit, desk, shape.blocks().strategy(strategy).tile(8, 8));
    }
  }

  @Rule({"OP-15", "OP-13"})
  @ConformanceTest(Worlds.PAIR)
  void rowsOfScaledProductsAreNormalised(Kit kit) {
    Desk desk = desk(kit);
    for (Kind kind : new Kind[] {Kind.RS, Kind.AR}) {
      for (Strategy strategy : OperatorRules.FORCED) {
        OperatorCase shape = scaled(kind, 21, 140, 300).strategy(strategy);
        OperatorNormRules.runAndCheck(kit, desk, shape, Norm.rms(0.25f).withResidual());
      }
    }
  }

  @Rule({"OP-15", "OP-9"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void theGatheredFactorsAreTheFactorsOfAllRanks(Kit kit) {
    Desk desk = desk(kit);
    for (Strategy strategy : OperatorRules.FORCED) {
      for (int m : new int[] {0, 1, 13, 16 * kit.ranks()}) {
        OperatorCase shape =
            scaled(Kind.AG, m, 9, 300).strategy(strategy).chunks(2).reals().padded(2);
        kit.at("%s", shape);
        OperatorBench bench = OperatorRules.plannedOrRefused(shape, desk);
        if (bench == null) {
          continue;
        }
        OperatorBench.Operand[] gathered = new OperatorBench.Operand[kit.ranks()];
        for (int rank = 0; rank < kit.ranks(); rank++) {
          Matrix factors = new Matrix(DType.FP32, m, Scaling.blocks(300), 7);
          gathered[rank] =
              bench
              .new Operand(
                  rank, new Matrix(DType.FP8_E4M3, m, 300, 303), bench.new Operand(rank, factors));
        }
        desk.rig.onEachRank(rank -> bench.launchGathering(rank, gathered[rank].tensor));
        desk.settle();
        bench.check("with the gathered input asked for");
        for (int rank = 0; rank < kit.ranks(); rank++) {
          checkGathered(bench, gathered[rank], rank);
        }
      }
    }
  }

  private static void checkGathered(OperatorBench bench, OperatorBench.Operand seen, int rank) {
    Matrix elements = seen.read("gathered input at rank " + rank);
    OperatorBench.Operand seenFactors = Objects.requireNonNull(seen.factors);
    Matrix factors = seenFactors.read("gathered factors at rank " + rank);
    int row = 0;
    for (OperatorBench.Operand part : bench.input) {
      for (int i = 0; i < part.matrix.rows; i++, row++) {
        same("elements", rank, row, part.matrix, i, elements);
        same("factors", rank, row, Objects.requireNonNull(part.factors).matrix, i, factors);
      }
    }
  }

  private static void same(
      String what, int rank, int row, Matrix wanted, int wantedRow, Matrix seen) {
    for (int j = 0; j < wanted.cols; j++) {
      Check.that(
          wanted.at(wantedRow, j) == seen.at(row, j),
          "gathered %s at rank %d, [%d, %d]: wanted %s, seen %s",
          what,
          rank,
          row,
          j,
          wanted.at(wantedRow, j),
          seen.at(row, j));
    }
  }

  @Rule({"OP-15", "OP-6"})
  @ConformanceTest(Worlds.PAIR)
  void factorsGivenOrMissingAgainstTheSpecificationAreRefused(Kit kit) {
    Desk desk = desk(kit);
    OperatorBench scaled = scaled(Kind.AG, 16, 260, 300).on(desk);
    OperatorBench plain =
        OperatorCase.of(Kind.AG, 16, 260, 300).types(DType.FP8_E4M3, DType.BF16).on(desk);
    Tensor input = scaled.input[0].tensor;
    Tensor weight = scaled.weight[0].tensor;
    Tensor factors = Objects.requireNonNull(input.scales());
    refuses(scaled, "input.scales", plain.input[0].tensor, weight);
    refuses(scaled, "weight.scales", input, plain.weight[0].tensor);
    refuses(plain, "input.scales", input, plain.weight[0].tensor);
    refuses(plain, "weight.scales", plain.input[0].tensor, weight);
    refuses(scaled, "input.scales", input.withScales(factors.rows(0, 7)), weight);
    refuses(scaled, "weight.scales", input, weight.withScales(factors));
    Tensor elsewhere = Objects.requireNonNull(scaled.input[1].tensor.scales());
    Check.refusesNaming("factors of another rank", "scales", () -> input.withScales(elsewhere));
    Check.refusesNaming(
        "blocks of FP32",
        "scaling",
        () -> desk.world.plan(OperatorCase.of(Kind.AG, 8, 8, 8).blocks().spec()));
    scaled.run();
    scaled.check("after refused launches");
  }

  private static void refuses(OperatorBench bench, String naming, Tensor input, Tensor weight) {
    Check.refusesNaming(
        "factors against the specification",
        naming,
        () -> bench.plan.launch(bench.desk.rank(0), input, weight, bench.output[0].tensor));
  }
}
