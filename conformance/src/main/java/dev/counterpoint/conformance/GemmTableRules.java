package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, fourth part: hooks that are refused, and hooks beside other work. */
@DisplayName("GEMM: tables and company")
class GemmTableRules {
  private static final Target ONE = new Target(0, 1);

  @Rule({"GEMM-18", "STR-3"})
  @ConformanceTest(Worlds.PAIR)
  void aGatedGemmMakesProgressBesideEverythingElse(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    int n = rig.ranks;
    SignalArray words = rig.words(2);
    rig.onEachRank(
        rank -> {
          GemmBench bench;
          synchronized (kit) {
            bench = GemmCase.of(300, 200, 64).tile(16, 16).on(kit, rig, rank);
          }
          Tiling tiling = bench.tiling;
          Epoch epoch = rig.epoch(rank);
          PreparedGemm gemm =
              rig.prepare(
                  bench
                      .hooks(
                          TileOrder.NATURAL,
                          new TileGate.Words(
                              words,
                              new int[tiling.tileRowCount()],
                              Tables.filled(tiling.tileRowCount(), 1),
                              ONE),
                          TileRoute.LOCAL,
                          TilePost.NONE,
                          epoch)
                      .withReservedUnits(8));
          Stream main = rig.stream(rank);
          Stream side = rig.stream(rank);
          DeviceMemory numbers = rig.memory(rank, Rig.ints(new int[64]));
          DeviceMemory sums = rig.memory(rank, 64 * 4);
          var reduce = rig.prepare(Reductions.plain(rig, rank, numbers));
          gemm.launch(main, bench.arguments());
          // What opens the gate is enqueued after the GEMM that waits for it, on another stream.
          rig.backend.transfers().fill(side, numbers, 0, 256, (byte) 0);
          reduce.launch(side, sums, 0, 4);
          rig.backend.collectives().allReduce(side, numbers, 0, sums, 0, 64, DType.INT32);
          signals.set(side, words, (rank + 1) % n, 1, epoch);
          signals.await(side, words, 1, epoch, Target.THIS_LAUNCH);
          signals.add(side, words, rank, 0, 1);
          main.synchronize(Rig.DEADLINE);
          side.synchronize(Rig.DEADLINE);
          bench.check("gated GEMM beside other work");
        });
  }

  @Rule({"GEMM-16", "ERR-7"})
  @ConformanceTest
  void wrongTablesAreRefusedByName(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(40, 40, 8).shards(2).tile(8, 8).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    int tiles = tiling.tiles();
    int rows = tiling.tileRowCount();
    SignalArray words = rig.words(4);
    int[] twice = Tables.counting(tiles);
    twice[0] = 1;
    int[] outside = Tables.counting(tiles);
    outside[0] = tiles;
    int[] negative = Tables.counting(tiles);
    negative[0] = -1;
    for (int[] table :
        new int[][] {
          Tables.counting(tiles - 1),
          Tables.counting(tiles + 1),
          twice,
          outside,
          negative,
          new int[0]
        }) {
      refuses(
          bench,
          "order.tiles",
          "tiles|order",
          new TileOrder.Table(table),
          TileGate.NONE,
          TileRoute.LOCAL,
          TilePost.NONE);
    }
    for (int[] table : new int[][] {{0}, {0, 1, 2}, {0, 0}, {0, 2}, {-1, 0}}) {
      refuses(
          bench,
          "order.shards",
          "shards|order",
          new TileOrder.Shards(table),
          TileGate.NONE,
          TileRoute.LOCAL,
          TilePost.NONE);
    }
    for (int[] table : new int[][] {twice, negative, Tables.counting(tiles - 1)}) {
      refuses(
          bench,
          "route.slots",
          "slots|route",
          TileOrder.NATURAL,
          TileGate.NONE,
          new TileRoute.Packed(table),
          TilePost.NONE);
    }
    for (int[] table :
        new int[][] {
          new int[rows - 1], new int[rows + 1], Tables.filled(rows, -1), Tables.filled(rows, 4)
        }) {
      gateRefuses(
          bench, "first words " + Arrays.toString(table), words, table, Tables.filled(rows, 1));
    }
    for (int[] table :
        new int[][] {
          new int[rows - 1],
          Tables.filled(rows, -1),
          Tables.filled(rows, 5),
          Tables.filled(rows, Integer.MAX_VALUE)
        }) {
      gateRefuses(bench, "word counts " + Arrays.toString(table), words, new int[rows], table);
    }
    for (int[] table :
        new int[][] {
          new int[tiles - 1],
          new int[tiles + 1],
          Tables.filled(tiles, 4),
          Tables.filled(tiles, Integer.MAX_VALUE)
        }) {
      TilePost post = new TilePost.Counters(words, table, TilePost.At.SELF);
      refuses(
          bench,
          "post.words",
          "words|post",
          TileOrder.NATURAL,
          TileGate.NONE,
          TileRoute.LOCAL,
          post);
    }
    bench.run(bench.prepare());
    bench.check("after refused tables");
  }

  private static void gateRefuses(
      GemmBench bench, String what, SignalArray words, int[] firstWord, int[] counts) {
    TileGate gate = new TileGate.Words(words, firstWord, counts, ONE);
    Check.refusesNaming(
        what,
        "word|gate|count",
        () ->
            bench.prepare(
                TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE, bench.rig.epoch(0)));
  }

  private static void refuses(
      GemmBench bench,
      String what,
      String naming,
      TileOrder order,
      TileGate gate,
      TileRoute route,
      TilePost post) {
    Check.refusesNaming(
        "a wrong table " + what,
        naming,
        () -> bench.prepare(order, gate, route, post, bench.rig.epoch(0)));
  }

  @Rule({"GEMM-16", "SIG-12"})
  @ConformanceTest(Worlds.PAIR)
  void aGateWithoutAnEpochOfItsRankIsRefused(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(8, 8, 8).on(kit, rig, 0);
    int rows = bench.tiling.tileRowCount();
    TileGate gate =
        new TileGate.Words(rig.words(1), new int[rows], Tables.filled(rows, 1), Target.THIS_LAUNCH);
    Check.refusesNaming(
        "a gate without an epoch",
        "epoch",
        () -> bench.prepare(TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE, null));
    Check.refusesNaming(
        "a gate with an epoch of another rank",
        "epoch|rank",
        () -> bench.prepare(TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE, rig.epoch(1)));
  }

  @Rule({"GEMM-8", "RED-3"})
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void aReductionMayWaitForTheTilesOfAGemm(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(64, 24, 16).tile(8, 8).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    SignalArray words = rig.words(tiling.tileRowCount());
    int[] posts = new int[tiling.tiles()];
    Arrays.setAll(posts, tiling::tileRow);
    Epoch epoch = rig.epoch(0);
    PreparedGemm gemm =
        bench.prepare(
            TileOrder.NATURAL,
            TileGate.NONE,
            TileRoute.LOCAL,
            new TilePost.Counters(words, posts, TilePost.At.SELF),
            epoch);
    long[] perEpoch = new long[tiling.tileRowCount()];
    Arrays.fill(perEpoch, tiling.tileColCount());
    DeviceMemory staging = bench.deviceD.slice(bench.outputOffset(), 64 * 24 * 4);
    var gate = new ReduceSpec.Gate(words, Tables.counting(tiling.tileRowCount()), perEpoch);
    var reduce =
        rig.prepare(
            new ReduceSpec(
                "follow",
                0,
                64,
                24,
                1,
                staging,
                64 * 24 * 4,
                24,
                DType.FP32,
                DType.FP32,
                tiling.tileRows(),
                gate,
                new ReduceSpec.Local(),
                epoch));
    DeviceMemory out = rig.memory(0, 64 * 24 * 4);
    Stream main = rig.stream(0);
    Stream side = rig.stream(0);
    for (int round = 0; round < kit.rounds(8, 50); round++) {
      bench.clear();
      rig.set(out, 0);
      rig.backend.signals().advance(side, epoch);
      side.synchronize(Rig.DEADLINE);
      reduce.launch(side, out, 0, 24);
      gemm.launch(main, bench.arguments());
      rig.settle();
      bench.expected.check(
          "round " + round, Matrix.parse(DType.FP32, 64, 24, 24, rig.read(out), 0));
    }
  }
}
