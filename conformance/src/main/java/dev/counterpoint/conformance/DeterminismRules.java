package dev.counterpoint.conformance;

import dev.counterpoint.OperatorPlan;
import dev.counterpoint.conformance.OperatorCase.Kind;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;

/** Chapter 13: the same operands give the same bits. */
@DisplayName("Determinism")
class DeterminismRules {
  private static void same(Kit kit, String what, byte[][] wanted, byte[][] seen) {
    for (int rank = 0; rank < kit.ranks(); rank++) {
      Check.bytes(what + ", output of rank " + rank, wanted[rank], seen[rank]);
    }
  }

  @Rule({"DET-1", "DET-2"})
  @ConformanceTest(value = Worlds.ALL, chaos = true, seconds = 120)
  void everyLaunchOfAPlanGivesTheSameBits(Kit kit) {
    Desk desk = kit.desk();
    for (Kind kind : Kind.values()) {
      for (var strategy : OperatorRules.FORCED) {
        OperatorCase shape =
            OperatorCase.of(kind, 50, 37, 61).strategy(strategy).tile(16, 16).reals().bias(true);
        kit.at("%s", shape);
        OperatorBench bench = OperatorRules.plannedOrRefused(shape, desk);
        if (bench == null) {
          continue;
        }
        bench.run();
        bench.check("first launch");
        byte[][] first = bench.outputs();
        for (int launch = 2; launch <= kit.rounds(5, 15); launch++) {
          bench.clear();
          int late = kit.random().nextInt(kit.ranks());
          desk.rig.onEachRank(
              rank -> {
                if (rank == late) {
                  Threads.pause(1);
                }
                bench.launch(rank);
              });
          desk.settle();
          same(kit, "launch " + launch + " with rank " + late + " late", first, bench.outputs());
        }
        bench.plan.close();
      }
    }
  }

  @Rule({"DET-2", "DET-1"})
  @ConformanceTest(value = Worlds.SEVERAL, seconds = 120)
  void delaysOfRanksAndTransfersChangeNoBit(Kit kit) {
    kit.assume(
        !kit.delays(1).isEmpty(), "the target has no way to delay work at random, or must not");
    Desk calm = kit.desk();
    for (int round = 0; round < kit.rounds(1, 2); round++) {
      Map<String, String> chaos = kit.delays(kit.seed() + round);
      var world = kit.own(kit.target().openWorld(kit.ranks(), kit.target().waitTimeout(), chaos));
      Desk wild = kit.own(new Desk(kit.random(), world, kit.target().waitTimeout()));
      for (Kind kind : Kind.values()) {
        for (var strategy : OperatorRules.FORCED) {
          OperatorCase shape =
              OperatorCase.of(kind, 43, 30, 47).strategy(strategy).tile(16, 16).reals();
          kit.at("%s, chaos %s", shape, chaos);
          OperatorBench bench = OperatorRules.plannedOrRefused(shape, calm);
          if (bench == null) {
            continue;
          }
          bench.run();
          OperatorBench delayed = OperatorRules.plannedOrRefused(shape, wild);
          if (delayed == null) {
            throw new AssertionError("a strategy that works without delays was refused with them");
          }
          copyOperands(bench, delayed);
          delayed.run();
          same(kit, "with delays", bench.outputs(), delayed.outputs());
        }
      }
    }
  }

  private static void copyOperands(OperatorBench from, OperatorBench to) {
    for (int rank = 0; rank < from.desk.ranks; rank++) {
      to.desk.rig.write(to.input[rank].memory, 0, from.desk.rig.read(from.input[rank].memory));
      to.desk.rig.write(to.weight[rank].memory, 0, from.desk.rig.read(from.weight[rank].memory));
    }
  }

  @Rule("DET-3")
  @ConformanceTest(Worlds.MOST)
  void thePlanMadeAgainGivesTheSameBits(Kit kit) {
    Desk desk = kit.desk();
    for (Kind kind : Kind.values()) {
      OperatorCase shape = OperatorCase.of(kind, 50, 37, 61).reals();
      OperatorBench bench = shape.on(desk);
      bench.run();
      byte[][] first = bench.outputs();
      OperatorPlan again = desk.own(desk.world.plan(shape.spec()));
      bench.clear();
      desk.rig.onEachRank(
          rank ->
              again.launch(
                  desk.rank(rank),
                  bench.input[rank].tensor,
                  bench.weight[rank].tensor,
                  bench.output[rank].tensor));
      desk.settle();
      byte[][] second = bench.outputs();
      for (int rank = 0; rank < kit.ranks(); rank++) {
        kit.should(
            java.util.Arrays.equals(first[rank], second[rank]),
            "%s planned twice gives other bits at rank %d",
            shape,
            rank);
      }
    }
  }
}
