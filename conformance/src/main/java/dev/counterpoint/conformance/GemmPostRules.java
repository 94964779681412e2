package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, fifth part: posts. */
@DisplayName("GEMM: post")
class GemmPostRules {
  @Rule({"GEMM-12", "GEMM-13"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void eachTileIsPostedExactlyOncePerLaunchAndEmptyOnesNever(Kit kit) {
    Rig rig = kit.rig();
    int n = rig.ranks;
    List<TilePost.At> places = new ArrayList<>(List.of(TilePost.At.SELF));
    if (!GemmRouteRules.refused(kit, rig)) {
      places.add(TilePost.At.OWNER);
    }
    for (TilePost.At at : places) {
      for (int rows : new int[] {1, n + 1, 43}) {
        GemmBench bench = GemmCase.of(rows, 20, 8).shards(n).tile(8, 8).on(kit, rig, 0);
        kit.at("%s, posted at %s", bench.shape, at);
        Tiling tiling = bench.tiling;
        SignalArray words = rig.words(tiling.tiles() + 1);
        int[] table = new int[tiling.tiles()];
        for (int tile = 0; tile < table.length; tile++) {
          table[tile] = tile % 5 == 3 ? -1 : tile;
        }
        PreparedGemm gemm =
            bench.prepare(
                TileOrder.NATURAL,
                TileGate.NONE,
                TileRoute.LOCAL,
                new TilePost.Counters(words, table, at),
                null);
        int launches = 7;
        Stream stream = rig.stream(0);
        for (int i = 0; i < launches; i++) {
          gemm.launch(stream, bench.arguments());
        }
        stream.synchronize(Rig.DEADLINE);
        for (int rank = 0; rank < n; rank++) {
          for (int tile = 0; tile <= table.length; tile++) {
            boolean mine = tile < table.length && table[tile] >= 0 && !tiling.isEmpty(tile);
            mine = mine && (at == TilePost.At.SELF ? rank == 0 : tiling.shard(tile) == rank);
            Check.equal(
                "posts of tile " + tile + " at rank " + rank,
                mine ? (long) launches : 0L,
                rig.backend.signals().read(words, rank, tile));
          }
        }
      }
    }
  }

  @Rule({"GEMM-12", "SIG-3"})
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void aTileIsVisibleBeforeItsPost(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(96, 32, 24).tile(8, 16).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    Epoch epoch = rig.epoch(0);
    int elements = tiling.tileRows() * tiling.tileCols() * 4;
    DeviceMemory copy = rig.memory(0, (long) elements * tiling.tiles());
    int[] slots = new int[tiling.tiles()];
    Arrays.setAll(slots, i -> i);
    for (int round = 0; round < kit.rounds(6, 50); round++) {
      kit.at("round %d", round);
      SignalArray words = rig.words(tiling.tiles());
      PreparedGemm gemm =
          bench.prepare(
              new TileOrder.Table(bench.shuffledTiles(kit.random())),
              TileGate.NONE,
              new TileRoute.Packed(slots),
              new TilePost.Counters(words, slots, TilePost.At.SELF),
              null);
      bench.clear();
      rig.set(copy, Matrix.CANARY);
      Stream producer = rig.stream(0);
      Stream[] consumers = {rig.stream(0), rig.stream(0), rig.stream(0)};
      for (int tile = 0; tile < tiling.tiles(); tile++) {
        Stream consumer = consumers[tile % 3];
        rig.backend.signals().await(consumer, words, tile, epoch, new Target(0, 1));
        rig.backend
            .transfers()
            .put(
                consumer,
                bench.deviceD,
                bench.outputOffset() + (long) tile * elements,
                copy,
                (long) tile * elements,
                elements,
                Transport.AUTO);
      }
      gemm.launch(producer, bench.arguments());
      rig.settle();
      byte[] wanted =
          rig.read(bench.deviceD, bench.outputOffset(), (long) elements * tiling.tiles());
      bench.checkPacked("packed", slots);
      Check.bytes("tiles copied as soon as they were posted", wanted, rig.read(copy));
    }
  }

  @Rule({"GEMM-12", "GEMM-10", "SIG-3"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void aRoutedTileIsVisibleAtItsOwnerBeforeItsPost(Kit kit) {
    // Every rank routes to every other, in rounds, with clearance; the owner copies away as soon as
    // all posts are there.
    Rig rig = kit.rig();
    if (GemmRouteRules.refused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    int rounds = kit.rounds(12, 80);
    int rows = 10 * n + 3;
    int cols = 24;
    int perShard = (rows + n - 1) / n;
    Signals signals = rig.backend.signals();
    SymmetricBuffer staging = rig.symmetric((long) perShard * cols * 4 * n);
    SignalArray arrived = rig.words(n);
    SignalArray cleared = rig.words(n);
    GemmBench[] benches = new GemmBench[n];
    DeviceMemory[] logs = new DeviceMemory[n];
    for (int rank = 0; rank < n; rank++) {
      benches[rank] = GemmCase.of(rows, cols, 8).shards(n).tile(8, 8).on(kit, rig, rank);
      logs[rank] = rig.memory(rank, staging.bytes() * rounds);
    }
    rig.onEachRank(
        rank -> {
          GemmBench bench = benches[rank];
          Tiling tiling = bench.tiling;
          Epoch sent = rig.epoch(rank);
          Epoch received = rig.epoch(rank);
          int[] identity = new int[n];
          Arrays.setAll(identity, i -> i);
          var clearance = new TileRoute.Clearance(cleared, identity, Target.PREVIOUS_LAUNCH);
          PreparedGemm gemm =
              bench.prepare(
                  new TileOrder.Shards(
                      GemmBench.shuffled(n, new java.util.Random(kit.seed() + rank))),
                  TileGate.NONE,
                  new TileRoute.Owners(staging, (long) rank * perShard * cols * 4, cols, clearance),
                  new TilePost.Counters(
                      arrived, Tables.filled(tiling.tiles(), rank), TilePost.At.OWNER),
                  sent);
          Stream producer = rig.stream(rank);
          Stream consumer = rig.stream(rank);
          for (int round = 0; round < rounds; round++) {
            signals.advance(producer, sent);
            gemm.launch(producer, bench.arguments());
            signals.advance(consumer, received);
            for (int from = 0; from < n; from++) {
              signals.await(
                  consumer,
                  arrived,
                  from,
                  received,
                  new Target(benches[from].tilesWithElements(rank), 0));
            }
            rig.backend
                .transfers()
                .put(
                    consumer,
                    staging.at(rank),
                    0,
                    logs[rank],
                    staging.bytes() * round,
                    staging.bytes(),
                    Transport.AUTO);
            rig.backend
                .transfers()
                .fill(consumer, staging.at(rank), 0, staging.bytes(), Matrix.CANARY);
            for (int from = 0; from < n; from++) {
              signals.set(consumer, cleared, from, rank, received);
            }
          }
        });
    rig.settle();
    for (int rank = 0; rank < n; rank++) {
      for (int round = 0; round < rounds; round++) {
        byte[] seen = rig.read(logs[rank], staging.bytes() * round, staging.bytes());
        for (int from = 0; from < n; from++) {
          int mine = benches[from].tiling.partition().rows(rank);
          Matrix part =
              Matrix.parse(DType.FP32, mine, cols, cols, seen, from * perShard * cols * 4);
          benches[from].expected.check(
              "round " + round + ", from rank " + from + " at rank " + rank,
              part,
              benches[from].tiling.partition().start(rank));
        }
      }
    }
  }
}
