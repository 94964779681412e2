package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, third part as well: whose each shard is, and where it lies there. */
@DisplayName("GEMM: owners")
class GemmOwnerRules {
  private static final int LAUNCHES = 2;

  /** Owners of a GEMM's shards by chance: as many rows are left free before each as it may have. */
  private static ShardOwners byChance(int shards, int height, int ranks, Random random) {
    int[] owners = new int[shards];
    Arrays.setAll(owners, shard -> random.nextInt(ranks));
    return below(owners, GemmBench.shuffled(shards, random), height, ranks, 1);
  }

  /** The same with as many shards in turn to each rank, so that neighbours lie apart. */
  private static ShardOwners inTurn(int shards, int height, int ranks) {
    int[] owners = new int[shards];
    Arrays.setAll(owners, shard -> shard % ranks);
    return below(owners, Tables.counting(shards), height, ranks, 0);
  }

  /** All of an owner's shards one below the other, in this order. */
  private static ShardOwners below(int[] owners, int[] order, int height, int ranks, int gap) {
    int[] rows = new int[owners.length];
    int[] next = new int[ranks];
    for (int shard : order) {
      rows[shard] = next[owners[shard]] + gap * height;
      next[owners[shard]] = rows[shard] + height;
    }
    return new ShardOwners(owners, rows);
  }

  @Rule({"GEMM-10", "GEMM-12", "GEMM-14", "GEMM-20"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void aRankMayOwnAnyShardsAnywhereInItsMatrix(Kit kit) {
    Rig rig = kit.rig();
    if (GemmRouteRules.refused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    Random random = kit.random();
    for (int[] s : new int[][] {{37, 7, 27, 19, 8}, {8 * n, 2 * n, 16, 8, 8}, {3, 5, 9, 4, 8}}) {
      GemmBench bench =
          GemmCase.of(s[0], s[2], s[3]).shards(s[1]).tile(s[4], 8).bias().on(kit, rig, n - 1);
      routed(kit, bench, byChance(s[1], bench.tiling.partition().rowsPerShard(), n, random));
    }
  }

  /** Tiles that span all columns, so large that a device may well compute several at a time. */
  @Rule({"GEMM-10", "GEMM-12", "GEMM-14", "GEMM-20"})
  @ConformanceTest(value = Worlds.MOST, chaos = true)
  void largeShardsOfSeveralOwnersLieBelowEachOther(Kit kit) {
    Rig rig = kit.rig();
    if (GemmRouteRules.refused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    int shards = n + 2;
    GemmBench bench =
        GemmCase.of(16 * shards - 3, 256, 257).shards(shards).tile(16, 256).on(kit, rig, n - 1);
    routed(kit, bench, inTurn(shards, 16, n));
    routed(kit, bench, byChance(shards, 16, n, kit.random()));
  }

  /** Launches twice, each time with one owner's permission after the other's. */
  private static void routed(Kit kit, GemmBench bench, ShardOwners owners) {
    Rig rig = bench.rig;
    int n = rig.ranks;
    kit.at("%s, owners %s", bench.shape, Arrays.toString(owners.ranks()));
    Tiling tiling = bench.tiling;
    int cols = bench.shape.cols;
    int stride = cols + 3;
    long rows = 1;
    for (int shard = 0; shard < owners.rows().length; shard++) {
      rows = Math.max(rows, (long) owners.row(shard) + tiling.partition().rowsPerShard());
    }
    SymmetricBuffer staging = rig.symmetric(36 + rows * stride * 4);
    SignalArray posts = rig.words(1);
    SignalArray cleared = rig.words(n);
    Epoch epoch = rig.epoch(bench.rank);
    GemmSpec spec =
        bench
            .hooks(
                TileOrder.NATURAL,
                TileGate.NONE,
                new TileRoute.Owners(
                    staging,
                    36,
                    stride,
                    new TileRoute.Clearance(cleared, owners.ranks(), Target.THIS_LAUNCH)),
                new TilePost.Counters(posts, new int[tiling.tiles()], TilePost.At.OWNER),
                epoch)
            .withOwners(owners);
    PreparedGemm gemm = rig.prepare(spec);
    var stream = rig.stream(bench.rank);
    for (int launch = 1; launch <= LAUNCHES; launch++) {
      for (int rank = 0; rank < n; rank++) {
        rig.set(staging.at(rank), Matrix.CANARY);
      }
      rig.backend.signals().advance(stream, epoch);
      gemm.launch(stream, bench.arguments());
      for (int rank = n - 1; rank >= 0; rank--) {
        rig.backend.signals().addFromHost(cleared, bench.rank, rank, 1);
      }
      stream.synchronize(Rig.DEADLINE);
      bench.checkUntouched("routed to owners");
      for (int rank = 0; rank < n; rank++) {
        check(bench, owners, rank, rig.read(staging.at(rank)), stride);
        long wanted = 0;
        for (int shard = 0; shard < owners.ranks().length; shard++) {
          wanted += owners.rank(shard) == rank ? bench.tilesWithElements(shard) : 0;
        }
        long counted = rig.backend.signals().read(posts, rank, 0);
        Check.equal("posts at rank " + rank, launch * wanted, counted);
      }
    }
  }

  /** Every shard of a rank is where it belongs, and nothing is anywhere else. */
  private static void check(
      GemmBench bench, ShardOwners owners, int rank, byte[] seen, int stride) {
    Tiling tiling = bench.tiling;
    byte[] rest = seen.clone();
    for (int shard = 0; shard < owners.ranks().length; shard++) {
      if (owners.rank(shard) != rank) {
        continue;
      }
      int rows = tiling.partition().rows(shard);
      int start = 36 + owners.row(shard) * stride * 4;
      Matrix part = Matrix.parse(DType.FP32, rows, bench.shape.cols, stride, seen, start);
      bench.expected.check(
          "shard " + shard + " at rank " + rank, part, tiling.partition().start(shard));
      for (int row = 0; row < rows; row++) {
        int first = start + row * stride * 4;
        Arrays.fill(rest, first, first + bench.shape.cols * 4, Matrix.CANARY);
      }
    }
    Check.all("memory of rank " + rank + " beside its shards", Matrix.CANARY, rest);
  }

  @Rule({"GEMM-16", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void wrongOwnersAreRefused(Kit kit) {
    Rig rig = kit.rig();
    if (GemmRouteRules.refused(kit, rig)) {
      return;
    }
    GemmBench bench = GemmCase.of(16, 8, 8).shards(2).tile(8, 8).on(kit, rig, 0);
    SymmetricBuffer staging = rig.symmetric(16 * 8 * 4);
    GemmSpec spec =
        bench.hooks(
            TileOrder.NATURAL,
            TileGate.NONE,
            new TileRoute.Owners(staging, 0, 8, null),
            TilePost.NONE,
            null);
    int n = rig.ranks;
    refuses(rig, spec, "a shard of no rank", "owner", new int[] {0, n}, new int[2]);
    refuses(rig, spec, "a negative rank", "owner", new int[] {-1, 0}, new int[2]);
    refuses(rig, spec, "too few owners", "owner", new int[1], new int[2]);
    refuses(rig, spec, "too many rows", "owner|rows", new int[2], new int[] {0, 8, 16});
    refuses(rig, spec, "a negative row", "owner|rows", new int[] {0, 1}, new int[] {0, -1});
    refuses(rig, spec, "shards that overlap", "owner|rows", new int[2], new int[] {0, 7});
    refuses(rig, spec, "rows past the end", "offset|route|buffer", new int[2], new int[] {0, 9});
  }

  private static void refuses(
      Rig rig, GemmSpec spec, String what, String naming, int[] ranks, int[] rows) {
    Check.refusesNaming(
        what, naming, () -> rig.prepare(spec.withOwners(new ShardOwners(ranks, rows))));
  }
}
