package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, third part: route and clearance. */
@DisplayName("GEMM: route")
class GemmRouteRules {
  /**
   * Where routes between ranks are not declared: whether they are refused, which then is the test.
   */
  static boolean refused(Kit kit, Rig rig) {
    if (rig.ranks == 1) {
      return false;
    }
    TileRoute route = new TileRoute.Owners(rig.symmetric(4096), 0, 8, null);
    return kit.refused(
        Capability.PEER_ACCESS,
        rig.backend,
        () ->
            GemmCase.of(8, 8, 8)
                .shards(rig.ranks)
                .on(kit, rig, 0)
                .prepare(TileOrder.NATURAL, TileGate.NONE, route, TilePost.NONE, null));
  }

  @Rule({"GEMM-10", "GEMM-20", "GEMM-3"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void tilesRoutedToTheirOwnersLieWhereTheyBelong(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    for (int rows : new int[] {0, 1, n, 4 * n + 1, 37, 8 * n}) {
      GemmBench bench =
          GemmCase.of(rows, 27, 19).shards(n).tile(8, 8).factors(2f, 1f).bias().on(kit, rig, n - 1);
      kit.at("%s", bench.shape);
      int stride = 33;
      int offset = 36;
      int size = offset + Math.max(1, bench.tiling.partition().rowsPerShard()) * stride * 4 + 64;
      SymmetricBuffer staging = rig.symmetric(size);
      for (int rank = 0; rank < n; rank++) {
        rig.set(staging.at(rank), Matrix.CANARY);
      }
      bench.run(
          bench.prepare(
              TileOrder.NATURAL,
              TileGate.NONE,
              new TileRoute.Owners(staging, offset, stride, null),
              TilePost.NONE,
              null));
      bench.checkUntouched("routed to owners");
      for (int shard = 0; shard < n; shard++) {
        int mine = bench.tiling.partition().rows(shard);
        byte[] seen = rig.read(staging.at(shard));
        Matrix.checkPadding("staging of rank " + shard, DType.FP32, mine, 27, stride, seen, offset);
        Matrix part = Matrix.parse(DType.FP32, mine, 27, stride, seen, offset);
        bench.expected.check(
            "shard " + shard + " at its owner", part, bench.tiling.partition().start(shard));
      }
    }
  }

  @Rule({"GEMM-10", "GEMM-12"})
  @ConformanceTest(Worlds.ALL)
  void shardsMayBelongToAnyRanksThatFollowEachOther(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    for (int owner = 0; owner < n; owner++) {
      GemmBench bench = GemmCase.of(19, 16, 8).tile(8, 8).on(kit, rig, 0);
      kit.at("owner %d", owner);
      SymmetricBuffer staging = rig.symmetric(19 * 16 * 4);
      for (int rank = 0; rank < n; rank++) {
        rig.set(staging.at(rank), Matrix.CANARY);
      }
      SignalArray posts = rig.words(1);
      int tiles = bench.tiling.tiles();
      GemmSpec spec =
          bench
              .hooks(
                  TileOrder.NATURAL,
                  TileGate.NONE,
                  new TileRoute.Owners(staging, 0, 16, null),
                  new TilePost.Counters(posts, new int[tiles], TilePost.At.OWNER),
                  null)
              .withOwners(ShardOwners.following(owner, 1));
      bench.run(rig.prepare(spec));
      for (int rank = 0; rank < n; rank++) {
        byte[] seen = rig.read(staging.at(rank));
        long counted = rig.backend.signals().read(posts, rank, 0);
        Check.equal("posts at rank " + rank, rank == owner ? (long) tiles : 0L, counted);
        if (rank == owner) {
          bench.expected.check("at its owner", Matrix.parse(DType.FP32, 19, 16, 16, seen, 0));
        } else {
          Check.all("memory of rank " + rank, Matrix.CANARY, seen);
        }
      }
      Check.refusesNaming(
          "a shard of no rank",
          "route|post",
          () -> rig.prepare(spec.withOwners(ShardOwners.following(n, 1))));
    }
  }

  @Rule({"GEMM-11", "GEMM-20", "GEMM-3"})
  @ConformanceTest
  void packedTilesLieInTheirBlocks(Kit kit) {
    Rig rig = kit.rig();
    for (int[] s :
        new int[][] {{40, 40, 8, 1}, {37, 29, 11, 3}, {1, 1, 1, 1}, {5, 9, 4, 8}, {0, 9, 4, 2}}) {
      GemmBench bench = GemmCase.of(s[0], s[1], s[2]).shards(s[3]).tile(8, 8).on(kit, rig, 0);
      for (int round = 0; round < 3; round++) {
        int[] slots = bench.shuffledTiles(kit.random());
        bench.clear();
        bench.run(
            bench.prepare(
                TileOrder.NATURAL,
                TileGate.NONE,
                new TileRoute.Packed(slots),
                TilePost.NONE,
                null));
        bench.checkPacked("packed", slots);
      }
    }
  }

  @Rule({"GEMM-20", "GEMM-19"})
  @ConformanceTest(Worlds.MOST)
  void routesChangeNoBit(Kit kit) {
    Rig rig = kit.rig();
    int n = rig.ranks;
    GemmBench bench =
        GemmCase.of(45, 31, 53)
            .shards(n)
            .tile(16, 16)
            .reals()
            .factors(1.25f, 0.5f)
            .bias()
            .on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    bench.run(bench.prepare());
    Matrix wanted =
        Matrix.parse(DType.FP32, 45, 31, 31, bench.output(), (int) bench.outputOffset());
    int[] slots = bench.shuffledTiles(kit.random());
    bench.run(
        bench.prepare(
            TileOrder.NATURAL, TileGate.NONE, new TileRoute.Packed(slots), TilePost.NONE, null));
    byte[] packed = bench.output();
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      int start =
          (int) bench.outputOffset() + slots[tile] * tiling.tileRows() * tiling.tileCols() * 4;
      Matrix block =
          Matrix.parse(
              DType.FP32,
              Math.max(0, tiling.rows(tile)),
              tiling.cols(tile),
              tiling.tileCols(),
              packed,
              start);
      same("packed tile " + tile, wanted, block, tiling.row(tile), tiling.col(tile));
    }
    if (refused(kit, rig)) {
      return;
    }
    SymmetricBuffer staging = rig.symmetric(45 * 31 * 4);
    bench.run(
        bench.prepare(
            TileOrder.NATURAL,
            TileGate.NONE,
            new TileRoute.Owners(staging, 0, 31, null),
            TilePost.NONE,
            null));
    for (int shard = 0; shard < n; shard++) {
      Matrix part =
          Matrix.parse(
              DType.FP32, tiling.partition().rows(shard), 31, 31, rig.read(staging.at(shard)), 0);
      same("shard " + shard, wanted, part, tiling.partition().start(shard), 0);
    }
  }

  private static void same(String what, Matrix whole, Matrix part, int row, int col) {
    for (int i = 0; i < part.rows; i++) {
      for (int j = 0; j < part.cols; j++) {
        double a = whole.at(row + i, col + j);
        double b = part.at(i, j);
        Check.that(
            a == b,
            "%s: element [%d, %d]: %s by the local route, %s by the other",
            what,
            row + i,
            col + j,
            a,
            b);
      }
    }
  }

  @Rule({"GEMM-14", "GEMM-10"})
  @ConformanceTest(Worlds.SEVERAL)
  void nothingIsStoredToAnOwnerThatHasNotClearedIt(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    GemmBench bench = GemmCase.of(16 * n, 16, 8).shards(n).tile(8, 8).on(kit, rig, 0);
    SymmetricBuffer staging = rig.symmetric(16 * 16 * 4);
    for (int rank = 0; rank < n; rank++) {
      rig.set(staging.at(rank), Matrix.CANARY);
    }
    SignalArray cleared = rig.words(n);
    SignalArray posts = rig.words(1);
    int[] words = new int[n];
    Arrays.setAll(words, shard -> n - 1 - shard);
    var clearance = new TileRoute.Clearance(cleared, words, new Target(0, 1));
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    PreparedGemm gemm =
        bench.prepare(
            new TileOrder.Shards(order),
            TileGate.NONE,
            new TileRoute.Owners(staging, 0, 16, clearance),
            new TilePost.Counters(posts, new int[bench.tiling.tiles()], TilePost.At.OWNER),
            rig.epoch(0));
    Stream stream = rig.stream(0);
    gemm.launch(stream, bench.arguments());
    for (int shard = 0; shard < n; shard++) {
      Threads.pause(15);
      for (int later = shard; later < n; later++) {
        Check.all(
            "memory of rank " + later + ", whose shard is not cleared",
            Matrix.CANARY,
            rig.read(staging.at(later)));
        Check.equal(
            "posts at rank " + later + ", whose shard is not cleared",
            0L,
            rig.backend.signals().read(posts, later, 0));
      }
      rig.backend.signals().addFromHost(cleared, 0, words[shard], 1);
      rig.backend
          .signals()
          .awaitOnHost(posts, shard, 0, bench.tilesWithElements(shard), Rig.DEADLINE);
      bench.expected.check(
          "shard " + shard + " after it was cleared",
          Matrix.parse(DType.FP32, 16, 16, 16, rig.read(staging.at(shard)), 0),
          shard * 16);
    }
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule({"GEMM-16", "GEMM-14", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void wrongRoutesAreRefused(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    GemmBench bench = GemmCase.of(8, 8, 8).shards(rig.ranks).on(kit, rig, 0);
    SymmetricBuffer staging = rig.symmetric(4 * 8 * 4);
    SignalArray words = rig.words(2);
    Target target = new Target(0, 1);
    int n = rig.ranks;
    for (int[] table :
        new int[][] {new int[n - 1], new int[n + 1], Tables.filled(n, 2), Tables.filled(n, -1)}) {
      refuses(
          bench,
          "clearance words " + Arrays.toString(table),
          "word|clearance",
          new TileRoute.Owners(staging, 0, 8, new TileRoute.Clearance(words, table, target)));
    }
    refuses(
        bench,
        "a buffer too small by its offset",
        "offset|route|buffer",
        new TileRoute.Owners(staging, 4, 8, null));
    refuses(
        bench,
        "a negative offset",
        "offset|route|buffer",
        new TileRoute.Owners(staging, -4, 8, null));
    refuses(
        bench,
        "a stride below the columns",
        "stride|route",
        new TileRoute.Owners(staging, 0, 7, null));
    refuses(
        bench,
        "a buffer too small by its stride",
        "stride|route|buffer",
        new TileRoute.Owners(staging, 0, 9, null));
    GemmBench other = GemmCase.of(8, 8, 8).shards(rig.ranks + 1).on(kit, rig, 0);
    refuses(
        other,
        "more shards than ranks",
        "shards|route|partition",
        new TileRoute.Owners(staging, 0, 8, null));
  }

  private static void refuses(GemmBench bench, String what, String naming, TileRoute route) {
    Check.refusesNaming(
        what,
        naming,
        () ->
            bench.prepare(
                TileOrder.NATURAL, TileGate.NONE, route, TilePost.NONE, bench.rig.epoch(0)));
  }
}
