package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Chapter 9, second part: sums that go everywhere, and unpacking. */
@DisplayName("Reduction: routes and unpacking")
class ReduceRouteRules {
  private static boolean everywhereRefused(Kit kit, Rig rig) {
    SymmetricBuffer buffer = rig.symmetric(64);
    SignalArray words = rig.words(1);
    return kit.refused(
        Capability.PEER_ACCESS,
        rig.backend,
        () ->
            rig.prepare(
                new ReduceSpec(
                    "everywhere",
                    0,
                    1,
                    4,
                    1,
                    rig.memory(0, 64),
                    16,
                    4,
                    DType.FP32,
                    DType.FP32,
                    1,
                    null,
                    new ReduceSpec.Everywhere(buffer, 0, 4, words, new int[1], null),
                    rig.epoch(0))));
  }

  @Rule({"RED-5", "GEMM-3"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void everyRankReceivesTheSameSums(Kit kit) {
    Rig rig = kit.rig();
    if (everywhereRefused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    int offset = 48;
    int stride = 15;
    for (int rows : new int[] {0, 1, 9, 16}) {
      Reductions r =
          new Reductions(
              rig, n - 1, rows, 13, n, DType.FP32, DType.BF16, 4, 1, kit.random(), false);
      kit.at("%d rows", rows);
      int blocks = (rows + 3) / 4;
      int size = Matrix.size(DType.BF16, rows, 13, stride);
      SymmetricBuffer buffer = rig.symmetric(offset + size + 32L);
      for (int rank = 0; rank < n; rank++) {
        rig.set(buffer.at(rank), Matrix.CANARY);
      }
      SignalArray words = rig.words(blocks + 1);
      int[] table = new int[blocks];
      Arrays.setAll(table, b -> blocks - b);
      var route = new ReduceSpec.Everywhere(buffer, offset, stride, words, table, null);
      TileReduce.PreparedReduce reduce = rig.prepare(r.spec(null, route, rig.epoch(n - 1)));
      Stream stream = rig.stream(n - 1);
      for (int launch = 0; launch < 3; launch++) {
        reduce.launch(stream, null, 0, 0);
      }
      stream.synchronize(Rig.DEADLINE);
      for (int rank = 0; rank < n; rank++) {
        byte[] seen = rig.read(buffer.at(rank));
        Check.bytes(
            "sums at rank " + rank,
            r.expected(stride),
            Arrays.copyOfRange(seen, offset, offset + size));
        Matrix.checkPadding("buffer of rank " + rank, DType.BF16, rows, 13, stride, seen, offset);
        Check.equal(
            "word that belongs to no block", 0L, rig.backend.signals().read(words, rank, 0));
        for (int block = 0; block < blocks; block++) {
          Check.equal(
              "posts of block " + block + " at rank " + rank,
              3L,
              rig.backend.signals().read(words, rank, table[block]));
        }
      }
    }
  }

  @Rule({"RED-5", "SIG-3"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void aSumIsVisibleEverywhereBeforeItsPost(Kit kit) {
    Rig rig = kit.rig();
    if (everywhereRefused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    int rows = 64;
    int cols = 32;
    Reductions r =
        new Reductions(rig, 0, rows, cols, 2, DType.FP32, DType.FP32, 8, 0, kit.random(), false);
    SymmetricBuffer buffer = rig.symmetric((long) rows * cols * 4);
    int[] table = {0, 1, 2, 3, 4, 5, 6, 7};
    byte[] wanted = r.expected(cols);
    Stream producer = rig.stream(0);
    for (int round = 0; round < kit.rounds(6, 50); round++) {
      SignalArray words = rig.words(8);
      for (int rank = 0; rank < n; rank++) {
        rig.set(buffer.at(rank), Matrix.CANARY);
      }
      DeviceMemory[] copies = new DeviceMemory[n];
      for (int rank = 0; rank < n; rank++) {
        copies[rank] = rig.memory(rank, buffer.bytes());
        Stream consumer = rig.stream(rank);
        Epoch epoch = rig.epoch(rank);
        for (int block = 0; block < 8; block++) {
          long at = block * 8L * cols * 4;
          rig.backend.signals().await(consumer, words, block, epoch, new Target(0, 1));
          rig.backend
              .transfers()
              .put(
                  consumer,
                  buffer.at(rank),
                  at,
                  copies[rank],
                  at,
                  8L * cols * 4,
                  dev.counterpoint.spi.Transport.AUTO);
        }
      }
      var route = new ReduceSpec.Everywhere(buffer, 0, cols, words, table, null);
      rig.prepare(r.spec(null, route, rig.epoch(0))).launch(producer, null, 0, 0);
      rig.settle();
      for (int rank = 0; rank < n; rank++) {
        Check.bytes(
            "round " + round + ": blocks that rank " + rank + " copied as soon as they were posted",
            wanted,
            rig.read(copies[rank]));
      }
    }
  }

  @Rule("RED-6")
  @ConformanceTest(Worlds.SEVERAL)
  void nothingIsStoredToARankThatHasNotClearedIt(Kit kit) {
    Rig rig = kit.rig();
    if (everywhereRefused(kit, rig)) {
      return;
    }
    int n = rig.ranks;
    Reductions r =
        new Reductions(rig, 0, 8, 8, 2, DType.FP32, DType.FP32, 4, 0, kit.random(), true);
    SymmetricBuffer buffer = rig.symmetric(8 * 8 * 4);
    for (int rank = 0; rank < n; rank++) {
      rig.set(buffer.at(rank), Matrix.CANARY);
    }
    SignalArray posts = rig.words(1);
    SignalArray cleared = rig.words(n);
    int[] words = new int[n];
    Arrays.setAll(words, rank -> n - 1 - rank);
    var route =
        new ReduceSpec.Everywhere(
            buffer,
            0,
            8,
            posts,
            new int[2],
            new TileRoute.Clearance(cleared, words, new Target(0, 1)));
    Stream stream = rig.stream(0);
    rig.prepare(r.spec(null, route, rig.epoch(0))).launch(stream, null, 0, 0);
    for (int rank = 0; rank < n; rank++) {
      Threads.pause(15);
      for (int later = rank; later < n; later++) {
        Check.all(
            "memory of rank " + later + ", which has not cleared it",
            Matrix.CANARY,
            rig.read(buffer.at(later)));
        Check.equal("posts at rank " + later, 0L, rig.backend.signals().read(posts, later, 0));
      }
      rig.backend.signals().addFromHost(cleared, 0, words[rank], 1);
    }
    stream.synchronize(Rig.DEADLINE);
    for (int rank = 0; rank < n; rank++) {
      Check.bytes("sums at rank " + rank, r.expected(8), rig.read(buffer.at(rank)));
    }
  }

  @Rule("RED-8")
  @ConformanceTest
  void unpackingUndoesAPackedRoute(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : new DType[] {DType.FP32, DType.BF16, DType.INT8}) {
      Property.of(
              kit,
              "rows",
              0,
              40,
              "columns",
              1,
              40,
              "shards",
              1,
              5,
              "padding",
              0,
              5,
              "left out of ten",
              0,
              3)
          .check(
              kit.rounds(20, 200),
              (v, random) -> {
                kit.at("%s", type);
                GemmCase shape = GemmCase.of(v[0], v[1], 1).shards(v[2]).tile(8, 8);
                Tiling tiling = shape.on(kit, rig, 0).tiling;
                unpackAndCheck(rig, tiling, type, v[3], v[4], random);
              });
    }
  }

  private static void unpackAndCheck(
      Rig rig, Tiling tiling, DType type, int padding, int leftOut, Random random) {
    int rows = tiling.partition().rows();
    int cols = tiling.cols();
    int bytes = type.bytes();
    int block = tiling.tileRows() * tiling.tileCols() * bytes;
    int[] slots = GemmBench.shuffled(tiling.tiles(), random);
    for (int tile = 0; tile < slots.length; tile++) {
      slots[tile] = random.nextInt(10) < leftOut ? -1 : slots[tile];
    }
    byte[] packed = Rig.bytes(random, tiling.tiles() * block + 16);
    int pitch = (cols + padding) * bytes;
    byte[] wanted = new byte[rows * pitch + 64];
    Arrays.fill(wanted, Matrix.CANARY);
    for (int tile = 0; tile < slots.length; tile++) {
      for (int row = 0; slots[tile] >= 0 && row < tiling.rows(tile); row++) {
        int from = 16 + slots[tile] * block + row * tiling.tileCols() * bytes;
        System.arraycopy(
            packed,
            from,
            wanted,
            32 + (tiling.row(tile) + row) * pitch + tiling.col(tile) * bytes,
            tiling.cols(tile) * bytes);
      }
    }
    DeviceMemory source = rig.memory(0, packed);
    DeviceMemory output = rig.memory(0, wanted.length);
    rig.set(output, Matrix.CANARY);
    Stream stream = rig.stream(0);
    rig.own(rig.backend.reduce().prepareUnpack("unpack", 0, tiling, slots, type))
        .launch(stream, source, 16, output, 32, cols + padding);
    stream.synchronize(Rig.DEADLINE);
    Check.bytes("unpacked matrix", wanted, rig.read(output));
  }

  @Rule({"RED-8", "GEMM-11", "GEMM-20"})
  @ConformanceTest
  void packingAndUnpackingAProductGivesTheProduct(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(37, 29, 16).shards(3).tile(8, 8).reals().on(kit, rig, 0);
    int[] slots = bench.shuffledTiles(kit.random());
    bench.run(
        bench.prepare(
            TileOrder.NATURAL, TileGate.NONE, new TileRoute.Packed(slots), TilePost.NONE, null));
    DeviceMemory output = rig.memory(0, 37 * 29 * 4);
    Stream stream = rig.stream(0);
    rig.own(rig.backend.reduce().prepareUnpack("unpack", 0, bench.tiling, slots, DType.FP32))
        .launch(stream, bench.deviceD, bench.outputOffset(), output, 0, 29);
    stream.synchronize(Rig.DEADLINE);
    bench.expected.check(
        "product, packed and unpacked", Matrix.parse(DType.FP32, 37, 29, 29, rig.read(output), 0));
  }
}
