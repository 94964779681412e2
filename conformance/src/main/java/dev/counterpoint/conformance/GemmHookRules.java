package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Tiling;
import dev.counterpoint.spi.Transport;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Chapter 8, second part: order and gate. */
@DisplayName("GEMM: order and gate")
class GemmHookRules {
  private static final Target ONE = new Target(0, 1);

  @Rule({"GEMM-7", "GEMM-19"})
  @ConformanceTest
  void anyOrderGivesTheSameResult(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(75, 50, 33).shards(4).tile(16, 16).reals().on(kit, rig, 0);
    bench.run(bench.prepare());
    byte[] natural = bench.output();
    for (int round = 0; round < kit.rounds(6, 40); round++) {
      TileOrder order =
          round % 2 == 0
              ? new TileOrder.Table(bench.shuffledTiles(kit.random()))
              : new TileOrder.Shards(GemmBench.shuffled(4, kit.random()));
      bench.clear();
      bench.run(bench.prepare(order, TileGate.NONE, TileRoute.LOCAL, TilePost.NONE, null));
      bench.check("product in another order");
      Check.bytes("product in another order, bitwise", natural, bench.output());
    }
  }

  @Rule({"GEMM-7", "GEMM-8", "GEMM-12"})
  @ConformanceTest
  void tilesAreStartedInTheOrderGiven(Kit kit) {
    // Each tile row waits for a word that the tile before it in the order raises: any other order
    // would wait for ever.
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(200, 8, 16).tile(8, 8).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    kit.assume(
        tiling.tileColCount() == 1 && tiling.tileRowCount() > 1,
        "the backend has no tile small enough: %s",
        tiling);
    for (int round = 0; round < 4; round++) {
      int[] order =
          round == 0 ? Tables.counting(tiling.tiles()) : bench.shuffledTiles(kit.random());
      if (round == 1) {
        Arrays.setAll(order, i -> tiling.tiles() - 1 - i);
      }
      SignalArray words = rig.words(tiling.tiles() + 1);
      int[] firstWord = new int[tiling.tileRowCount()];
      int[] posts = new int[tiling.tiles()];
      for (int i = 0; i < order.length; i++) {
        firstWord[order[i]] = i;
        posts[order[i]] = i + 1;
      }
      bench.clear();
      PreparedGemm gemm =
          bench.prepare(
              new TileOrder.Table(order),
              new TileGate.Words(words, firstWord, Tables.filled(tiling.tileRowCount(), 1), ONE),
              TileRoute.LOCAL,
              new TilePost.Counters(words, posts, TilePost.At.SELF),
              rig.epoch(0));
      rig.backend.signals().addFromHost(words, 0, 0, 1);
      bench.run(gemm);
      bench.check("chain of tiles, order " + Arrays.toString(order));
    }
  }

  @Rule({"GEMM-7", "GEMM-9"})
  @ConformanceTest
  void aTileThatWaitsDoesNotKeepEarlierOnesFromBeingFinished(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(64, 40, 16).shards(4).tile(8, 8).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    SignalArray words = rig.words(2);
    int[] counts = new int[tiling.tileRowCount()];
    int[] posts = new int[tiling.tiles()];
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      boolean gated = tiling.shard(tile) != 2;
      counts[tiling.tileRow(tile)] = gated ? 1 : 0;
      posts[tile] = gated ? -1 : 1;
    }
    PreparedGemm gemm =
        bench.prepare(
            new TileOrder.Shards(new int[] {2, 0, 1, 3}),
            new TileGate.Words(words, new int[tiling.tileRowCount()], counts, ONE),
            TileRoute.LOCAL,
            new TilePost.Counters(words, posts, TilePost.At.SELF),
            rig.epoch(0));
    Stream stream = rig.stream(0);
    gemm.launch(stream, bench.arguments());
    rig.backend.signals().awaitOnHost(words, 0, 1, bench.tilesWithElements(2), Rig.DEADLINE);
    Matrix early =
        Matrix.parse(
            DType.FP32, 16, 40, 40, bench.output(), (int) bench.outputOffset() + 32 * 40 * 4);
    bench.expected.check("shard that needs no signal, while the others wait", early, 32);
    rig.backend.signals().addFromHost(words, 0, 0, 1);
    stream.synchronize(Rig.DEADLINE);
    bench.check("after the gate opened");
  }

  @Rule({"GEMM-8", "GEMM-9"})
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void noRowIsReadBeforeAllItsWordsHaveArrived(Kit kit) {
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    for (int round = 0; round < kit.rounds(5, 30); round++) {
      GemmBench bench = GemmCase.of(61, 24, 16).shards(3).tile(8, 8).on(kit, rig, 0);
      Tiling tiling = bench.tiling;
      int perRow = 1 + round % 3;
      SignalArray words = rig.words(tiling.tileRowCount() * perRow);
      int[] firstWord = new int[tiling.tileRowCount()];
      Arrays.setAll(firstWord, row -> row * perRow);
      PreparedGemm gemm =
          bench.prepare(
              TileOrder.NATURAL,
              new TileGate.Words(
                  words, firstWord, Tables.filled(tiling.tileRowCount(), perRow), ONE),
              TileRoute.LOCAL,
              TilePost.NONE,
              rig.epoch(0));
      byte[] a = rig.read(bench.deviceA);
      rig.set(bench.deviceA, 0xFF); // NaN until the words say otherwise
      Stream stream = rig.stream(0);
      gemm.launch(stream, bench.arguments());
      int rowBytes = bench.a.stride * 4;
      int lastRow = -1;
      for (int row : GemmBench.shuffled(tiling.tileRowCount(), kit.random())) {
        int from = tiling.firstRowOf(row) * rowBytes;
        int length = tiling.rowsOf(row) * rowBytes;
        if (length > 0) {
          lastRow = row;
        }
        for (int word = 0; word < perRow; word++) {
          if (word == perRow - 1) {
            Threads.pause(2);
            rig.write(bench.deviceA, from, Arrays.copyOfRange(a, from, from + length));
          }
          signals.addFromHost(words, 0, row * perRow + word, 1);
        }
      }
      stream.synchronize(Rig.DEADLINE);
      kit.at("%d words per tile row, tile row %d last", perRow, lastRow);
      bench.check("rows that arrive one by one");
    }
  }

  @Rule({"GEMM-8", "SIG-9"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void gatesFollowTheEpochOfTheLaunch(Kit kit) {
    // Rank 1 sends new rows each launch, chunk by chunk with a signal each; rank 0 multiplies them
    // as they come.
    Rig rig = kit.rig();
    Signals signals = rig.backend.signals();
    int launches = kit.rounds(16, 100);
    GemmBench bench = GemmCase.of(48, 16, 16).shards(3).tile(8, 8).on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    int[] firstWord = new int[tiling.tileRowCount()];
    Arrays.setAll(firstWord, row -> tiling.firstRowOf(row) / 16);
    var inbox = rig.symmetric(48 * 16 * 4);
    SignalArray arrived = rig.words(3);
    SignalArray consumed = rig.words(1);
    Epoch mine = rig.epoch(0);
    Epoch theirs = rig.epoch(1);
    PreparedGemm gemm =
        bench.prepare(
            TileOrder.NATURAL,
            new TileGate.Words(
                arrived, firstWord, Tables.filled(tiling.tileRowCount(), 1), Target.THIS_LAUNCH),
            TileRoute.LOCAL,
            TilePost.NONE,
            mine);
    DeviceMemory[] sources = new DeviceMemory[launches];
    double[] factors = new double[launches];
    for (int i = 0; i < launches; i++) {
      factors[i] = i % 7 - 3;
      Matrix scaled = new Matrix(DType.FP32, 48, 16, 16);
      for (int j = 0; j < scaled.values.length; j++) {
        scaled.values[j] = bench.a.values[j] * factors[i];
      }
      sources[i] = rig.memory(1, scaled.layout());
    }
    DeviceMemory log = rig.memory(0, 48L * 16 * 4 * launches);
    Stream receiver = rig.stream(0);
    Stream sender = rig.stream(1);
    for (int i = 0; i < launches; i++) {
      signals.advance(sender, theirs);
      signals.await(sender, consumed, 0, theirs, Target.PREVIOUS_LAUNCH);
      for (int chunk : new int[] {2, 0, 1}) {
        rig.backend
            .transfers()
            .putSignal(
                sender,
                sources[i],
                chunk * 1024L,
                inbox.at(0),
                chunk * 1024L,
                1024,
                Transport.COPY_ENGINE,
                arrived,
                chunk,
                theirs);
      }
      signals.advance(receiver, mine);
      gemm.launch(receiver, bench.arguments().a(inbox.at(0), 0, 16));
      signals.set(receiver, consumed, 1, 0, mine);
      rig.backend
          .transfers()
          .put(receiver, bench.deviceD, bench.outputOffset(), log, i * 3072L, 3072, Transport.AUTO);
    }
    rig.settle();
    byte[] all = rig.read(log);
    for (int i = 0; i < launches; i++) {
      Expected wanted = new Expected(48, 16);
      wanted.exact = true;
      for (int j = 0; j < wanted.values.length; j++) {
        wanted.add(
            j / 16,
            j % 16,
            bench.expected.values[j] * factors[i],
            bench.expected.magnitudes[j] * Math.abs(factors[i]));
      }
      wanted.check(
          "launch " + (i + 1) + " of " + launches,
          Matrix.parse(DType.FP32, 48, 16, 16, all, i * 3072));
    }
  }

  @Rule({"GEMM-19", "DET-1", "DET-2"})
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void theTimingOfGatesChangesNoBit(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(50, 40, 37).shards(2).tile(16, 16).reals().on(kit, rig, 0);
    Tiling tiling = bench.tiling;
    bench.run(bench.prepare());
    byte[] wanted = bench.output();
    for (int round = 0; round < kit.rounds(8, 60); round++) {
      SignalArray words = rig.words(tiling.tileRowCount());
      PreparedGemm gemm =
          bench.prepare(
              new TileOrder.Table(bench.shuffledTiles(kit.random())),
              new TileGate.Words(
                  words,
                  Tables.counting(tiling.tileRowCount()),
                  Tables.filled(tiling.tileRowCount(), 1),
                  ONE),
              TileRoute.LOCAL,
              TilePost.NONE,
              rig.epoch(0));
      bench.clear();
      Stream stream = rig.stream(0);
      gemm.launch(stream, bench.arguments());
      for (int row : GemmBench.shuffled(tiling.tileRowCount(), kit.random())) {
        Threads.pause(kit.random().nextInt(2));
        rig.backend.signals().addFromHost(words, 0, row, 1);
      }
      stream.synchronize(Rig.DEADLINE);
      Check.bytes("result of round " + round, wanted, bench.output());
    }
  }
}
