package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Splits;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.conformance.OperatorCase.Kind;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Chapter 14, first part: every operator by every strategy gives the right result. */
@DisplayName("Operators: results")
class OperatorRules {
  /** Every strategy but the choice between them. */
  static final Strategy[] FORCED =
      Arrays.stream(Strategy.values())
          .filter(strategy -> strategy != Strategy.AUTO)
          .toArray(Strategy[]::new);

  /**
   * An operator by a strategy.
   *
   * @param tiled whether its tiles are forced, so that fused GEMM + all-reduce does not become the
   *     form that has none to speak of
   */
  record Way(Kind kind, Strategy strategy, boolean tiled) {
    OperatorCase of(int m, int n, int k) {
      OperatorCase shape = OperatorCase.of(kind, m, n, k).strategy(strategy);
      return tiled ? shape.tile(8, 8) : shape;
    }

    @Override
    public String toString() {
      return kind + " by " + strategy + (tiled ? "" : " with tiles of its own");
    }
  }

  /** Every operator by every strategy, and fused GEMM + all-reduce in both its forms. */
  static List<Way> ways() {
    List<Way> ways = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      for (Strategy strategy : FORCED) {
        ways.add(new Way(kind, strategy, true));
      }
    }
    ways.add(new Way(Kind.AR, Strategy.FUSED, false));
    return ways;
  }

  /** Plans it, or checks that the refusal names a capability that is really missing; then null. */
  static @Nullable OperatorBench plannedOrRefused(OperatorCase shape, Desk desk) {
    try {
      return shape.on(desk);
    } catch (UnsupportedCapabilityException e) {
      Check.that(
          !desk.world.backend().capabilities().contains(e.capability()),
          "[OP-2] %s was refused for want of %s, which is declared",
          shape,
          e.capability());
      Check.that(
          shape.tuning.strategy() != Strategy.AUTO,
          "[OP-2] AUTO must always find a strategy, but: %s",
          e.getMessage());
      return null;
    }
  }

  private static void runAndCheck(Kit kit, Desk desk, OperatorCase shape) {
    kit.at("%s", shape);
    OperatorBench bench = plannedOrRefused(shape, desk);
    if (bench == null) {
      return;
    }
    for (int launch = 1; launch <= 3; launch++) {
      bench.clear();
      bench.run();
      bench.check("launch " + launch);
    }
    bench.plan.close();
  }

  @Rule({"OP-1", "OP-2", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void allGatherGemmIsRightForAwkwardShapes(Kit kit) {
    awkwardShapes(kit, Kind.AG);
  }

  @Rule({"OP-1", "OP-2", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void gemmReduceScatterIsRightForAwkwardShapes(Kit kit) {
    awkwardShapes(kit, Kind.RS);
  }

  @Rule({"OP-1", "OP-2", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void gemmAllReduceIsRightForAwkwardShapes(Kit kit) {
    awkwardShapes(kit, Kind.AR);
  }

  @Rule({"OP-1", "OP-2", "OP-8", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void gemmAllToAllIsRightForAwkwardShapes(Kit kit) {
    awkwardShapes(kit, Kind.A2A);
  }

  private static void awkwardShapes(Kit kit, Kind kind) {
    Desk desk = kit.desk();
    int n = kit.ranks();
    int[][] shapes = {
      {0, 3, 5},
      {1, 1, 1},
      {n - 1, 7, 3},
      {n + 1, n + 1, n + 1},
      {37, 29, 31},
      {8 * n, 16 * n, 4 * n},
      {67, 5, 2}
    };
    for (Way way : ways()) {
      for (int[] s : way.kind() == kind ? shapes : new int[0][]) {
        runAndCheck(kit, desk, way.of(s[0], s[1], s[2]));
      }
    }
    for (Strategy strategy : FORCED) {
      runAndCheck(
          kit,
          desk,
          OperatorCase.of(kind, 41, 23, 19)
              .strategy(strategy)
              .tile(8, 8)
              .chunks(3)
              .padded(5)
              .bias(true)
              .factors(2f, -1f));
      runAndCheck(
          kit,
          desk,
          OperatorCase.of(kind, 33, 18, 40)
              .strategy(strategy)
              .layout(WeightLayout.KN)
              .reals()
              .factors(0.75f, 0.5f));
      runAndCheck(
          kit,
          desk,
          OperatorCase.of(kind, 47, 26, 15)
              .strategy(strategy)
              .tile(8, 8)
              .chunks(2)
              .forced(List.of(1, 3, 2), Transport.COMPUTE));
    }
    runAndCheck(kit, desk, OperatorCase.of(kind, 37, 29, 31).bias(true));
  }

  @Rule({"OP-1", "NUM-1", "NUM-2"})
  @ConformanceTest(value = Worlds.PAIR, seconds = 120)
  void everyTypeIsRight(Kit kit) {
    Desk desk = kit.desk();
    for (DType in : DType.values()) {
      for (DType out : DType.values()) {
        if (!desk.world.backend().gemm().supports(in, out)) {
          continue;
        }
        for (Kind kind : Kind.values()) {
          for (Strategy strategy : FORCED) {
            runAndCheck(
                kit, desk, OperatorCase.of(kind, 19, 14, 22).types(in, out).strategy(strategy));
            if (kit.full()) {
              runAndCheck(
                  kit,
                  desk,
                  OperatorCase.of(kind, 45, 33, 50)
                      .types(in, out)
                      .strategy(strategy)
                      .bias(true)
                      .reals());
            }
          }
        }
      }
    }
  }

  @Rule({"OP-1", "OP-2", "OP-10"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true, seconds = 120)
  void randomProblemsAreRight(Kit kit) {
    Desk desk = kit.desk();
    Property.of(
            kit,
            "m",
            0,
            70,
            "n",
            1,
            50,
            "k",
            1,
            40,
            "operator",
            0,
            3,
            "strategy",
            0,
            FORCED.length,
            "chunks",
            0,
            6,
            "tile",
            0,
            33,
            "padding",
            0,
            7,
            "choices",
            0,
            31)
        .check(
            kit.rounds(30, 100),
            (v, random) -> {
              int choices = v[8];
              OperatorCase shape =
                  OperatorCase.of(Kind.AG.later(v[3]), v[0], v[1], v[2])
                      .padded(v[7])
                      .chunks(v[5])
                      .tile(v[6], v[6]);
              shape.strategy(v[4] == FORCED.length ? Strategy.AUTO : FORCED[v[4]]);
              shape
                  .layout((choices & 1) == 0 ? WeightLayout.NK : WeightLayout.KN)
                  .bias((choices & 2) != 0);
              shape.factors((choices & 4) == 0 ? 1f : -0.5f, (choices & 8) == 0 ? 0f : 2f);
              if ((choices & 16) != 0) {
                shape.reals();
              }
              runAndCheck(kit, desk, shape);
            });
  }

  @Rule({"OP-2", "CAP-2"})
  @ConformanceTest(Worlds.ALL)
  void autoNamesTheStrategyItChoseAndWhy(Kit kit) {
    Desk desk = kit.desk();
    List<String> labels = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      OperatorPlan plan = desk.own(desk.world.plan(OperatorCase.of(kind, 64, 64, 64).spec()));
      Check.that(plan.strategy() != Strategy.AUTO, "a plan's strategy must be a real one");
      Check.that(!plan.explanation().isBlank(), "a plan must explain its choice");
      Check.that(
          !labels.contains(plan.label()), "label %s is not unique in the world", plan.label());
      Check.that(plan.workspaceBytes() >= 0, "workspace of %d bytes", plan.workspaceBytes());
      labels.add(plan.label());
    }
  }

  @Rule("OP-9")
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void theGatheredInputIsTheInputsOfAllRanks(Kit kit) {
    Desk desk = kit.desk();
    for (Strategy strategy : FORCED) {
      for (int m : new int[] {0, 1, 13, 16 * kit.ranks()}) {
        OperatorCase shape =
            OperatorCase.of(Kind.AG, m, 9, 11).strategy(strategy).reals().padded(2);
        kit.at("%s", shape);
        OperatorBench bench = plannedOrRefused(shape, desk);
        if (bench == null) {
          continue;
        }
        OperatorBench.Operand[] gathered = new OperatorBench.Operand[kit.ranks()];
        Tensor[] tensors = new Tensor[kit.ranks()];
        for (int rank = 0; rank < kit.ranks(); rank++) {
          gathered[rank] = bench.new Operand(rank, new Matrix(DType.FP32, m, 11, 14));
          gathered[rank].clear();
          tensors[rank] = gathered[rank].tensor;
        }
        for (int launch = 0; launch < 2; launch++) {
          desk.rig.onEachRank(rank -> bench.launchGathering(rank, tensors[rank]));
          desk.settle();
          bench.check("with the gathered input asked for");
          for (int rank = 0; rank < kit.ranks(); rank++) {
            checkGathered(bench, gathered[rank].read("gathered input at rank " + rank), rank);
          }
        }
        desk.rig.onEachRank(bench::launch);
        desk.settle();
        bench.check("with the gathered input not asked for");
      }
    }
  }

  private static void checkGathered(OperatorBench bench, Matrix seen, int rank) {
    int row = 0;
    for (OperatorBench.Operand part : bench.input) {
      for (int i = 0; i < part.matrix.rows; i++, row++) {
        for (int j = 0; j < seen.cols; j++) {
          Check.that(
              part.matrix.at(i, j) == seen.at(row, j),
              "gathered input at rank %d, element [%d, %d]: wanted %s, seen %s",
              rank,
              row,
              j,
              part.matrix.at(i, j),
              seen.at(row, j));
        }
      }
    }
  }

  @Rule({"OP-14", "OP-2", "OP-10"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void anAllToAllMayDivideItsRowsAsItLikes(Kit kit) {
    Desk desk = kit.desk();
    int n = kit.ranks();
    for (int round = 0; round < kit.rounds(3, 12); round++) {
      long[][] counts = new long[n][n];
      for (int from = 0; from < n; from++) {
        for (int to = 0; to < n && round > 0; to++) {
          // Some have nothing for some, and the last rank has most.
          boolean none = kit.random().nextInt(4) == 0;
          counts[from][to] = none ? 0 : kit.random().nextInt(from == n - 1 ? 40 : 12);
        }
      }
      Splits splits = Splits.of(counts);
      for (Strategy strategy : FORCED) {
        runAndCheck(
            kit, desk, OperatorCase.of(splits, 16, 9).strategy(strategy).tile(8, 8).bias(true));
        runAndCheck(
            kit,
            desk,
            OperatorCase.of(splits, 13, 7).strategy(strategy).tile(8, 8).chunks(3).padded(5));
      }
      runAndCheck(kit, desk, OperatorCase.of(splits, 13, 7).reals());
    }
  }

  @Rule({"OP-14", "OP-6"})
  @ConformanceTest(Worlds.PAIR)
  void splitsOfAnotherWorldAreRefused(Kit kit) {
    Desk desk = kit.desk();
    Splits one = Splits.of(new long[][] {{4}});
    Check.refusesNaming(
        "splits of one rank", "splits", () -> desk.world.plan(OperatorCase.of(one, 8, 8).spec()));
  }

  @Rule({"OP-8", "OP-1"})
  @ConformanceTest
  void oneRankIsAWorldToo(Kit kit) {
    Desk desk = kit.desk();
    for (Kind kind : Kind.values()) {
      for (Strategy strategy : FORCED) {
        runAndCheck(
            kit,
            desk,
            OperatorCase.of(kind, 21, 17, 13).strategy(strategy).factors(1f, 1f).bias(true));
        runAndCheck(kit, desk, OperatorCase.of(kind, 0, 17, 13).strategy(strategy));
      }
    }
  }
}
