package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/**
 * Chapter 5: capture and replay. Every test is also a test of the refusal where graphs are not
 * declared.
 */
@DisplayName("Graphs")
class GraphRules {
  static boolean refused(Kit kit, Rig rig) {
    return kit.refused(Capability.GRAPHS, rig.backend, () -> rig.stream(0).beginCapture());
  }

  @Rule({"GRAPH-1", "GRAPH-2"})
  @ConformanceTest
  void capturedWorkRunsAtTheReplayAndNotBefore(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, new byte[512]);
    stream.beginCapture();
    rig.backend.transfers().fill(stream, memory, 0, 512, (byte) 5);
    Graph graph = rig.own(stream.endCapture());
    rig.backend.transfers().fill(stream, memory, 256, 256, (byte) 6);
    stream.synchronize(Rig.DEADLINE);
    Check.all("captured work before a replay", 0, rig.read(memory, 0, 256));
    Check.all("work enqueued after the capture", 6, rig.read(memory, 256, 256));
    graph.launch(stream);
    stream.synchronize(Rig.DEADLINE);
    Check.all("after a replay", 5, rig.read(memory));
  }

  @Rule({"GRAPH-2", "GRAPH-4"})
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void replaysTakeEffectInOrderWithoutTheHost(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int rounds = kit.rounds(200, 1000);
    Stream stream = rig.stream(0);
    Epoch epoch = rig.epoch(0);
    SignalArray words = rig.words(2);
    Signals signals = rig.backend.signals();
    DeviceMemory cell = rig.memory(0, 64);
    DeviceMemory log = rig.memory(0, 64L * rounds);
    stream.beginCapture();
    signals.advance(stream, epoch);
    signals.set(stream, words, 0, 0, epoch);
    signals.add(stream, words, 0, 1, 3);
    Graph graph = rig.own(stream.endCapture());
    for (int round = 0; round < rounds; round++) {
      rig.backend.transfers().fill(stream, cell, 0, 64, (byte) round);
      graph.launch(stream);
      rig.backend.transfers().put(stream, cell, 0, log, 64L * round, 64, Transport.AUTO);
    }
    stream.synchronize(Rig.DEADLINE);
    Check.equal("epoch", (long) rounds, epoch.read());
    Check.equal("word that is set", (long) rounds, signals.read(words, 0, 0));
    Check.equal("word that is added to", 3L * rounds, signals.read(words, 0, 1));
    for (int round = 0; round < rounds; round++) {
      Check.all(
          "direct work between replays, round " + round, round, rig.read(log, 64L * round, 64));
    }
  }

  @Rule("GRAPH-5")
  @ConformanceTest(Worlds.PAIR)
  void everythingThatTakesAStreamCanBeCaptured(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int n = 64;
    Signals signals = rig.backend.signals();
    Transfers transfers = rig.backend.transfers();
    SignalArray words = rig.words(4);
    SymmetricBuffer data = rig.symmetric(64L * n);
    Epoch[] epochs = rig.epochs();
    Stream[] streams = rig.streams();
    Graph[] graphs = new Graph[rig.ranks];
    GemmBench[] benches = new GemmBench[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      benches[rank] = GemmCase.of(9, 10, 11).tile(8, 8).on(kit, rig, rank);
    }
    PreparedGemm[] gemms = new PreparedGemm[rig.ranks];
    TileReduce.PreparedReduce[] reductions = new TileReduce.PreparedReduce[rig.ranks];
    TileReduce.PreparedUnpack[] unpacks = new TileReduce.PreparedUnpack[rig.ranks];
    RowNorm.PreparedNorm[] norms = new RowNorm.PreparedNorm[rig.ranks];
    boolean peers = rig.has(Capability.PEER_ALL_REDUCE);
    List<PreparedAllReduce> allReduces = new ArrayList<>();
    for (Algorithm algorithm : peers ? AllReduces.ALGORITHMS : List.<Algorithm>of()) {
      allReduces.add(AllReduces.prepare(rig, 1, n, DType.FP32, algorithm));
    }
    long[][] counts = new long[rig.ranks][rig.ranks];
    counts[0][rig.ranks - 1] = n;
    Splits splits = Splits.of(counts);
    DeviceMemory[] out = new DeviceMemory[rig.ranks];
    DeviceMemory[] in = new DeviceMemory[rig.ranks];
    DeviceMemory[] packed = new DeviceMemory[rig.ranks];
    DeviceMemory[] unpacked = new DeviceMemory[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      gemms[rank] = benches[rank].prepare();
      in[rank] = rig.memory(rank, Rig.ints(new int[n]));
      out[rank] = rig.memory(rank, new byte[4 * n * rig.ranks]);
      reductions[rank] = rig.prepare(Reductions.plain(rig, rank, in[rank]));
      unpacks[rank] = Reductions.unpack(rig, rank, benches[rank].tiling);
      norms[rank] = Norms.plain(rig, rank);
      packed[rank] =
          rig.memory(
              rank,
              4L
                  * benches[rank].tiling.tiles()
                  * benches[rank].tiling.tileRows()
                  * benches[rank].tiling.tileCols());
      unpacked[rank] = rig.memory(rank, 4096);
    }
    rig.onEachRank(
        rank -> {
          Stream stream = streams[rank];
          int peer = (rank + 1) % rig.ranks;
          DeviceMemory mine = data.at(rank);
          stream.beginCapture();
          stream.label("captured");
          signals.advance(stream, epochs[rank]);
          transfers.fill(stream, mine, 0, 64, (byte) 3);
          transfers.put(stream, mine, 0, data.at(peer), 64, 64, Transport.AUTO);
          transfers.put2d(stream, mine, 0, 8, mine, 1024, 16, 8, 4, Transport.AUTO);
          transfers.putSignal(
              stream, mine, 0, data.at(peer), 128, 64, Transport.AUTO, words, 0, epochs[rank]);
          signals.await(stream, words, 0, epochs[rank], Target.THIS_LAUNCH);
          transfers.get(
              stream,
              data.at((rank + rig.ranks - 1) % rig.ranks),
              0,
              mine,
              2048,
              64,
              Transport.AUTO);
          signals.set(stream, words, peer, 1, epochs[rank]);
          signals.add(stream, words, peer, 2, 1);
          signals.awaitAll(stream, words, 0, 3, epochs[rank], Target.THIS_LAUNCH);
          gemms[rank].launch(stream, benches[rank].arguments());
          reductions[rank].launch(stream, out[rank], 0, 4);
          unpacks[rank].launch(stream, packed[rank], 0, unpacked[rank], 0, 10);
          norms[rank].launch(
              stream,
              new NormArguments()
                  .input(in[rank], 0, 4)
                  .weight(unpacked[rank])
                  .output(unpacked[rank], 64, 4));
          for (PreparedAllReduce allReduce : allReduces) {
            allReduce.launch(stream, in[rank], 0, n, out[rank], 0, n);
          }
          rig.backend.collectives().allGather(stream, in[rank], 0, out[rank], 0, n, DType.INT32);
          rig.backend.collectives().allReduce(stream, in[rank], 0, out[rank], 0, n, DType.INT32);
          rig.backend.collectives().broadcast(stream, 0, in[rank], 0, out[rank], 0, n, DType.INT32);
          rig.backend
              .collectives()
              .allToAll(stream, in[rank], 0, out[rank], 0, n / rig.ranks, DType.INT32);
          rig.backend
              .collectives()
              .allToAllV(stream, in[rank], 0, out[rank], 0, splits, DType.INT32);
          rig.backend
              .collectives()
              .reduceScatter(stream, in[rank], 0, out[rank], 0, n / rig.ranks, DType.INT32);
          graphs[rank] = rig.own(stream.endCapture());
        });
    for (int round = 1; round <= 3; round++) {
      int value = round;
      for (int rank = 0; rank < rig.ranks; rank++) {
        benches[rank].clear();
        int[] numbers = new int[n];
        java.util.Arrays.fill(numbers, value);
        rig.write(in[rank], 0, Rig.ints(numbers));
      }
      rig.onEachRank(rank -> graphs[rank].launch(streams[rank]));
      rig.settle();
      for (int rank = 0; rank < rig.ranks; rank++) {
        kit.at("replay %d, rank %d", round, rank);
        benches[rank].check("captured GEMM");
        Check.all("captured putSignal", 3, rig.read(data.at(rank), 128, 64));
        Check.all("captured get", 3, rig.read(data.at(rank), 2048, 64));
        Check.equal("captured set", (long) round, signals.read(words, rank, 1));
        Check.equal(
            "captured reduceScatter", value * rig.ranks, Rig.ints(rig.read(out[rank], 0, 4))[0]);
      }
    }
  }

  @Rule("GRAPH-6")
  @ConformanceTest
  void aStreamThatWasNotJoinedBackIsNamed(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    if (refused(kit, rig)) {
      return;
    }
    Stream main = rig.stream(0);
    Stream side = rig.stream(0);
    Event fork = rig.event(0);
    DeviceMemory memory = rig.memory(0, new byte[64]);
    main.beginCapture();
    main.record(fork);
    side.await(fork);
    rig.backend.transfers().fill(side, memory, 0, 64, (byte) 1);
    RuntimeException e =
        Check.fails(
            RuntimeException.class,
            "endCapture with a stream that was not joined back",
            main::endCapture);
    Check.that(
        String.valueOf(e.getMessage()).contains(side.name()),
        "the error must name the stream '%s', but says: %s",
        side.name(),
        e.getMessage());
    for (Stream stream : new Stream[] {main, side}) {
      rig.backend.transfers().fill(stream, memory, 0, 64, (byte) 2);
      stream.synchronize(Rig.DEADLINE);
      Check.all("work on " + stream.name() + " after the refused capture", 2, rig.read(memory));
      rig.set(memory, 0);
    }
  }

  @Rule("GRAPH-7")
  @ConformanceTest
  void aGraphOutlivesTheObjectsItWasCapturedWith(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    GemmBench bench = GemmCase.of(17, 13, 19).factors(2f, 1f).bias().on(kit, rig, 0);
    PreparedGemm gemm = bench.prepare();
    Stream stream = rig.stream(0);
    int[] owners = {0};
    Epoch epoch = rig.epoch(0);
    SignalArray words = rig.words(1);
    stream.beginCapture();
    GemmArguments arguments = bench.arguments();
    gemm.launch(stream, arguments);
    rig.backend.signals().advance(stream, epoch);
    rig.backend.signals().setAll(stream, words, owners, 0, epoch);
    Graph graph = rig.own(stream.endCapture());
    arguments.a(bench.deviceB, 0, 1).d(bench.deviceB, 0, 1).bias(null);
    for (int round = 1; round <= 5; round++) {
      for (int i = 0; i < 3; i++) {
        System.gc();
      }
      bench.clear();
      graph.launch(stream);
      stream.synchronize(Rig.DEADLINE);
      bench.check("replay " + round + " after a garbage collection");
      Check.equal("word", (long) round, rig.backend.signals().read(words, 0, 0));
    }
  }

  @Rule({"GRAPH-4", "GRAPH-2"})
  @ConformanceTest
  void aGraphMayBeReplayedOnAnotherStreamOfItsRank(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    Stream stream = rig.stream(0);
    Stream other = rig.stream(0);
    SignalArray words = rig.words(1);
    stream.beginCapture();
    rig.backend.signals().add(stream, words, 0, 0, 1);
    Graph graph = rig.own(stream.endCapture());
    for (int i = 0; i < 10; i++) {
      graph.launch(i % 2 == 0 ? stream : other);
    }
    rig.settle();
    Check.equal("replays counted", 10L, rig.backend.signals().read(words, 0, 0));
  }
}
