package dev.counterpoint.conformance;

import dev.counterpoint.Strategy;
import dev.counterpoint.conformance.OperatorCase.Kind;
import dev.counterpoint.conformance.OperatorRules.Way;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;

/** Chapter 14, second part: many launches, many plans, many worlds, and graphs. */
@DisplayName("Operators: in flight")
class OperatorFlowRules {
  /**
   * Adds the product to the output at each launch (beta = 1), so that a launch that is lost,
   * repeated, or that read or wrote at the wrong time shows in the sum. Integers keep it exact.
   * All-to-all has no beta; there every launch gives the same.
   */
  private static OperatorCase accumulating(Kind kind, Strategy strategy) {
    return accumulating(new Way(kind, strategy, true));
  }

  private static OperatorCase accumulating(Way way) {
    return way.of(21, 14, 8).factors(1f, 1f);
  }

  /** What an accumulating operator must have given after some launches. */
  private static void checkSum(OperatorBench bench, int launches, String what) {
    if (bench.shape.beta == 0) {
      bench.check(what + ", after " + launches + " launches");
      return;
    }
    for (int rank = 0; rank < bench.desk.ranks; rank++) {
      Matrix old = bench.output[rank].matrix;
      Expected one = bench.expected[rank];
      Expected sum = new Expected(one.rows, one.cols);
      sum.exact = true;
      for (int i = 0; i < one.rows; i++) {
        for (int j = 0; j < one.cols; j++) {
          double product = one.values[i * one.cols + j] - old.at(i, j);
          sum.add(
              i,
              j,
              old.at(i, j) + launches * product,
              Math.abs(product) * launches + Math.abs(old.at(i, j)));
        }
      }
      String where =
          what + ": sum of " + launches + " launches of " + bench.shape + " at rank " + rank;
      sum.check(where, bench.output[rank].read(where));
    }
  }

  @Rule({"OP-3", "DET-2"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true, seconds = 120)
  void launchesNeedNoHostInBetweenAndRanksMayDrift(Kit kit) {
    Desk desk = kit.desk();
    int launches = kit.rounds(30, 100);
    for (Way way : OperatorRules.ways()) {
      kit.at("%d launches of %s", launches, way);
      OperatorBench bench = OperatorRules.plannedOrRefused(accumulating(way), desk);
      if (bench != null) {
        int late = kit.random().nextInt(kit.ranks());
        drift(desk, bench, late, launches);
        checkSum(bench, launches, "rank " + late + " late");
        bench.plan.close();
      }
    }
  }

  /**
   * Launches on all ranks at once while the stream of one of them is held for the first few
   * launches.
   */
  private static void drift(Desk desk, OperatorBench bench, int late, int launches) {
    Rig.Hold hold = desk.rig.hold(late);
    hold.on(desk.rank(late).stream());
    desk.rig.onEachRank(
        rank -> {
          for (int i = 0; i < launches; i++) {
            if (rank == late && i == 4) {
              hold.release();
            }
            bench.launch(rank);
          }
        });
    desk.settle();
  }

  @Rule({"OP-3", "OP-11", "DET-2"})
  @ConformanceTest(value = Worlds.PAIR, seconds = 120)
  void aThousandLaunchesBackToBack(Kit kit) {
    Desk desk = kit.desk();
    int launches = 1000;
    Kind kind = Kind.AR;
    for (Strategy strategy : OperatorRules.FORCED) {
      kind = kind.later(1);
      kit.at("%d launches of %s by %s", launches, kind, strategy);
      OperatorBench bench = OperatorRules.plannedOrRefused(accumulating(kind, strategy), desk);
      if (bench != null) {
        drift(desk, bench, 1, launches);
        checkSum(bench, launches, "back to back");
        bench.plan.close();
      }
    }
  }

  @Rule({"OP-4", "GRAPH-5", "SIG-9"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void aCapturedLaunchIsReplayedAmongDirectOnes(Kit kit) {
    Desk desk = kit.desk();
    if (kit.refused(
        Capability.GRAPHS, desk.world.backend(), () -> desk.rig.stream(0).beginCapture())) {
      return;
    }
    int rounds = kit.rounds(6, 20);
    for (Way way : OperatorRules.ways()) {
      kit.at("%s", way);
      OperatorBench bench = OperatorRules.plannedOrRefused(accumulating(way), desk);
      if (bench == null) {
        continue;
      }
      OperatorBench other = accumulating(way.kind().later(1), Strategy.AUTO).on(desk);
      desk.rig.onEachRank(
          rank -> {
            Stream stream = desk.rank(rank).stream();
            bench.launch(rank);
            stream.beginCapture();
            bench.launch(rank);
            Graph graph = desk.own(stream.endCapture());
            for (int round = 0; round < rounds; round++) {
              graph.launch(stream);
              if (round % 2 == 0) {
                graph.launch(stream);
              }
              if (round % 3 == 0) {
                bench.launch(rank);
              }
              other.launch(rank);
            }
          });
      desk.settle();
      checkSum(
          bench,
          1 + rounds + (rounds + 1) / 2 + (rounds + 2) / 3,
          "replayed among direct launches");
      checkSum(other, rounds, "beside replays of another plan");
    }
  }

  /** Launches with the operands of an earlier one may be replays; nobody can tell. */
  @Rule({"OP-4", "OP-12"})
  @ConformanceTest(value = Worlds.ALL, seconds = 120)
  void plansThatReplayThemselvesGiveTheSame(Kit kit) {
    Desk desk = kit.openDesk(Rig.DEADLINE, Map.of("plans.replay", "on"));
    int rounds = kit.rounds(6, 20);
    boolean graphs = desk.world.backend().capabilities().contains(Capability.GRAPHS);
    for (Way way : OperatorRules.ways()) {
      kit.at("%s", way);
      OperatorBench bench = OperatorRules.plannedOrRefused(accumulating(way), desk);
      if (bench == null) {
        continue;
      }
      desk.rig.onEachRank(
          rank -> {
            Stream stream = desk.rank(rank).stream();
            for (int round = 0; round < rounds; round++) {
              bench.launch(rank);
            }
            if (graphs) {
              stream.beginCapture();
              bench.launch(rank);
              Graph graph = desk.own(stream.endCapture());
              graph.launch(stream);
              bench.launch(rank);
            }
          });
      desk.settle();
      checkSum(bench, rounds + (graphs ? 2 : 0), "replayed by itself and by its caller");
    }
  }

  @Rule("OP-11")
  @ConformanceTest(value = Worlds.PAIR, chaos = true, seconds = 120)
  void severalPlansInFlightDoNotDisturbEachOther(Kit kit) {
    Desk desk = kit.desk();
    int rounds = kit.rounds(8, 30);
    OperatorBench[] benches = new OperatorBench[OperatorRules.ways().size()];
    int count = 0;
    for (Way way : OperatorRules.ways()) {
      OperatorBench bench = OperatorRules.plannedOrRefused(accumulating(way), desk);
      if (bench != null) {
        benches[count++] = bench;
      }
    }
    int plans = count;
    int[] launches = new int[plans];
    int[] sequence = new int[plans * rounds];
    for (int i = 0; i < sequence.length; i++) {
      sequence[i] = kit.random().nextInt(plans);
      launches[sequence[i]]++;
    }
    desk.rig.onEachRank(
        rank -> {
          for (int which : sequence) {
            benches[which].launch(rank);
          }
        });
    desk.settle();
    for (int i = 0; i < plans; i++) {
      checkSum(benches[i], launches[i], "among " + plans + " plans");
    }
  }

  @Rule({"OP-11", "LIFE-8"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true, seconds = 120)
  void twoWorldsAtOnceDoNotDisturbEachOther(Kit kit) {
    Desk one = kit.desk();
    Desk two = kit.openDesk(kit.target().waitTimeout());
    int rounds = kit.rounds(12, 50);
    for (Strategy strategy : OperatorRules.FORCED) {
      kit.at("%s", strategy);
      OperatorBench first = OperatorRules.plannedOrRefused(accumulating(Kind.RS, strategy), one);
      OperatorBench second = OperatorRules.plannedOrRefused(accumulating(Kind.RS, strategy), two);
      if (first == null || second == null) {
        continue;
      }
      one.rig.onEachRank(
          rank -> {
            for (int round = 0; round < rounds; round++) {
              first.launch(rank);
              second.launch(rank);
            }
          });
      one.settle();
      two.settle();
      checkSum(first, rounds, "first world");
      checkSum(second, rounds, "second world");
    }
    two.world.backend().abort("to see whether the other world notices");
    OperatorBench after = accumulating(Kind.AG, Strategy.AUTO).on(one);
    after.run();
    checkSum(after, 1, "after the other world was aborted");
  }

  @Rule({"OP-3", "OP-11"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void differentOperandsAtEachLaunchAreKeptApart(Kit kit) {
    Desk desk = kit.desk();
    int launches = kit.rounds(8, 25);
    for (Kind kind : Kind.values()) {
      for (Strategy strategy : OperatorRules.FORCED) {
        OperatorCase shape = OperatorCase.of(kind, 13, 11, 9).strategy(strategy).tile(8, 8);
        kit.at("%d launches of %s", launches, shape);
        OperatorBench first = OperatorRules.plannedOrRefused(shape, desk);
        if (first == null) {
          continue;
        }
        OperatorBench[] benches = new OperatorBench[launches];
        benches[0] = first;
        for (int i = 1; i < launches; i++) {
          benches[i] = new OperatorBench(shape, desk, first.plan);
        }
        desk.rig.onEachRank(
            rank -> {
              for (OperatorBench bench : benches) {
                bench.launch(rank);
              }
            });
        desk.settle();
        for (int i = 0; i < launches; i++) {
          benches[i].check("launch " + (i + 1) + " of " + launches);
        }
      }
    }
  }

  @Rule("OP-12")
  @ConformanceTest(Worlds.PAIR)
  void aLaunchAllocatesNothingAndCostsLittle(Kit kit) {
    Desk desk = kit.desk();
    OperatorBench bench = accumulating(Kind.RS, Strategy.AUTO).on(desk);
    int launches = 10;
    AtomicLong bytes = new AtomicLong();
    AtomicLong best = new AtomicLong(Long.MAX_VALUE);
    for (int round = 0; round < 40; round++) {
      boolean last = round == 39;
      desk.rig.onEachRank(
          rank -> {
            long heap = HeapUse.ofThisThread();
            long start = System.nanoTime();
            for (int i = 0; i < launches; i++) {
              bench.launch(rank);
            }
            best.accumulateAndGet((System.nanoTime() - start) / launches, Math::min);
            if (last) {
              bytes.addAndGet(HeapUse.ofThisThread() - heap);
            }
          });
      desk.settle();
    }
    checkSum(bench, 40 * launches, "launches that were measured");
    double perLaunch = bytes.get() / (double) (launches * kit.ranks());
    kit.should(
        perLaunch < 16,
        "a launch of %s allocates %.0f bytes on the Java heap",
        bench.plan.label(),
        perLaunch);
    kit.should(
        best.get() <= 10_000,
        "a launch of %s costs %.1f µs of host time per rank",
        bench.plan.label(),
        best.get() / 1e3);
  }
}
