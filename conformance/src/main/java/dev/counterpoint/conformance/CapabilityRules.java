package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transport;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** Chapter 1: what is declared works, what is not declared is refused. */
@DisplayName("Capabilities")
class CapabilityRules {
  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest(Worlds.PAIR)
  void peerAccessWorksOrIsRefused(Kit kit) {
    Rig rig = kit.rig();
    SymmetricBuffer buffer = rig.symmetric(256);
    byte[] content = Rig.bytes(kit.random(), 256);
    rig.write(buffer.at(0), 0, content);
    Stream stream = rig.stream(0);
    Runnable put =
        () ->
            rig.backend
                .transfers()
                .put(stream, buffer.at(0), 0, buffer.at(1), 0, 256, Transport.COMPUTE);
    if (kit.refused(Capability.PEER_ACCESS, rig.backend, put::run)) {
      stream.synchronize(Rig.DEADLINE);
      Check.all("a refused put must not be carried out", 0, rig.read(buffer.at(1)));
      return;
    }
    put.run();
    stream.synchronize(Rig.DEADLINE);
    Check.bytes("put by compute units", content, rig.read(buffer.at(1)));
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest(Worlds.PAIR)
  void allReducesByKernelsWorkOrAreRefused(Kit kit) {
    Rig rig = kit.rig();
    for (Algorithm algorithm : Algorithm.values()) {
      if (kit.refused(
          Capability.PEER_ALL_REDUCE,
          rig.backend,
          () -> AllReduces.prepare(rig, 2, 4, DType.FP32, algorithm))) {
        continue;
      }
      Check.that(
          rig.has(Capability.PEER_ACCESS), "who declares PEER_ALL_REDUCE declares PEER_ACCESS");
      AllReduces all = new AllReduces(rig, DType.FP32, 2, 4, 0, true, kit.random());
      all.run(all.prepare(algorithm), rig.streams());
      all.check(algorithm.toString());
    }
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest(Worlds.PAIR)
  void remoteRoutesAndPostsWorkOrAreRefused(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(8, 8, 8).shards(rig.ranks).on(kit, rig, 0);
    SymmetricBuffer buffer = rig.symmetric(4096);
    SignalArray words = rig.words(1);
    TileRoute route = new TileRoute.Owners(buffer, 0, 8, null);
    int[] zeros = new int[bench.tiling.tiles()];
    TilePost post = new TilePost.Counters(words, zeros, TilePost.At.OWNER);
    if (kit.refused(
        Capability.PEER_ACCESS,
        rig.backend,
        () -> bench.prepare(TileOrder.NATURAL, TileGate.NONE, route, TilePost.NONE, null))) {
      kit.refused(
          Capability.PEER_ACCESS,
          rig.backend,
          () -> bench.prepare(TileOrder.NATURAL, TileGate.NONE, TileRoute.LOCAL, post, null));
      return;
    }
    bench.run(bench.prepare(TileOrder.NATURAL, TileGate.NONE, route, post, null));
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.equal(
          "posts at rank " + rank,
          (long) bench.tilesWithElements(rank),
          rig.backend.signals().read(words, rank, 0));
    }
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void graphsWorkOrAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    if (kit.refused(Capability.GRAPHS, rig.backend, stream::beginCapture)) {
      return;
    }
    var memory = rig.memory(0, 64);
    rig.set(memory, 1);
    stream.beginCapture();
    rig.backend.transfers().fill(stream, memory, 0, 64, (byte) 2);
    Graph graph = rig.own(stream.endCapture());
    graph.launch(stream);
    stream.synchronize(Rig.DEADLINE);
    Check.all("memory filled by a replay", 2, rig.read(memory));
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void timedEventsWorkOrAreRefused(Kit kit) {
    Rig rig = kit.rig();
    if (kit.refused(
        Capability.TIMED_EVENTS,
        rig.backend,
        () -> rig.own(rig.backend.device(0).newEvent(true)))) {
      return;
    }
    Event first = rig.own(rig.backend.device(0).newEvent(true));
    Event second = rig.own(rig.backend.device(0).newEvent(true));
    Stream stream = rig.stream(0);
    stream.record(first);
    stream.record(second);
    stream.synchronize(Rig.DEADLINE);
    double nanos = second.nanosSince(first);
    Check.that(nanos >= 0 && nanos < 1e10, "time between two events is %s ns", nanos);
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void theVendorsGemmWorksOrIsRefused(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(9, 7, 5).engine(GemmEngine.VENDOR).on(kit, rig, 0);
    if (kit.refused(Capability.VENDOR_GEMM, rig.backend, bench::prepare)) {
      return;
    }
    bench.run(bench.prepare());
    bench.check("vendor GEMM");
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void tracingWorksOrIsRefused(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    if (kit.refused(Capability.TRACING, rig.backend, rig.backend::startTrace)) {
      return;
    }
    rig.backend.startTrace();
    GemmBench bench = GemmCase.of(16, 16, 16).on(kit, rig, 0);
    bench.run(bench.prepare());
    List<TraceEvent> events = rig.backend.stopTrace();
    Check.that(!events.isEmpty(), "nothing was traced");
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void halfPrecisionGemmWorksOrIsRefused(Kit kit) {
    gemmWorksOrIsRefused(kit, Capability.GEMM_FP16, DType.FP16, DType.FP16);
    gemmWorksOrIsRefused(kit, Capability.GEMM_FP16, DType.FP16, DType.FP32);
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void bfloat16GemmWorksOrIsRefused(Kit kit) {
    gemmWorksOrIsRefused(kit, Capability.GEMM_BF16, DType.BF16, DType.BF16);
    gemmWorksOrIsRefused(kit, Capability.GEMM_BF16, DType.BF16, DType.FP32);
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void eightBitFloatGemmWorksOrIsRefused(Kit kit) {
    gemmWorksOrIsRefused(kit, Capability.GEMM_FP8, DType.FP8_E4M3, DType.BF16);
    gemmWorksOrIsRefused(kit, Capability.GEMM_FP8, DType.FP8_E5M2, DType.BF16);
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void integerGemmWorksOrIsRefused(Kit kit) {
    gemmWorksOrIsRefused(kit, Capability.GEMM_INT8, DType.INT8, DType.INT32);
  }

  private static void gemmWorksOrIsRefused(Kit kit, Capability capability, DType in, DType out) {
    Rig rig = kit.rig();
    kit.at("%s to %s", in, out);
    boolean supported = rig.backend.gemm().supports(in, out);
    Check.equal(
        "supports(" + in + ", " + out + ") against " + capability, rig.has(capability), supported);
    if (!supported) {
      // A tiling for types that cannot be multiplied may already be refused; either way it is the
      // capability that is named.
      kit.refused(
          capability,
          rig.backend,
          () -> GemmCase.of(5, 7, 9).types(in, out).on(kit, rig, 0).prepare());
      return;
    }
    GemmBench bench = GemmCase.of(5, 7, 9).types(in, out).on(kit, rig, 0);
    bench.run(bench.prepare());
    bench.check(capability.toString());
  }

  @Rule({"CAP-1", "NUM-1"})
  @ConformanceTest
  void fullPrecisionMeansThatFactorsAreNotRounded(Kit kit) {
    Rig rig = kit.rig();
    kit.assume(
        rig.has(Capability.GEMM_FP32_FULL),
        "GEMM_FP32_FULL is not declared, so rounding to TF32 is allowed");
    GemmBench bench = GemmCase.of(4, 4, 1).reals().on(kit, rig, 0);
    bench.run(bench.prepare());
    bench.check("products of full binary32 values");
  }

  @Rule({"CAP-1", "CAP-2"})
  @ConformanceTest
  void epilogueScalesWorkOrAreRefused(Kit kit) {
    Rig rig = kit.rig();
    for (int which = 1; which <= 3; which++) {
      GemmBench bench =
          GemmCase.of(5, 6, 7).scales((which & 1) != 0, (which & 2) != 0).on(kit, rig, 0);
      if (!kit.refused(Capability.EPILOGUE_SCALES, rig.backend, bench::prepare)) {
        bench.run(bench.prepare());
        bench.check("scales");
      }
    }
  }

  @Rule({"CAP-1", "CAP-2", "GEMM-21"})
  @ConformanceTest
  void scalesByBlockWorkOrAreRefused(Kit kit) {
    Rig rig = kit.rig();
    for (DType in : new DType[] {DType.FP8_E4M3, DType.FP8_E5M2}) {
      GemmCase shape = GemmCase.of(5, 130, 140).types(in, DType.BF16).blocks();
      if (!rig.has(Capability.GEMM_FP8)) {
        Check.that(
            !rig.has(Capability.BLOCK_SCALES),
            "[CAP-1] BLOCK_SCALES is declared, which is about FP8 input, and GEMM_FP8 is not");
        kit.refused(Capability.GEMM_FP8, rig.backend, () -> shape.on(kit, rig, 0).prepare());
        continue;
      }
      GemmBench bench = shape.on(kit, rig, 0);
      if (!kit.refused(Capability.BLOCK_SCALES, rig.backend, bench::prepare)) {
        bench.run(bench.prepare());
        bench.check("scales by block");
      }
    }
  }

  @Rule("CAP-3")
  @ConformanceTest(Worlds.ALL)
  void capabilitiesAreThoseOfTheProbeAndNeverChange(Kit kit) {
    Probe probe = kit.target().provider().probe();
    Check.that(
        probe instanceof Probe.Available, "the backend is open but its probe says %s", probe);
    Rig rig = kit.open(kit.target().waitTimeout());
    Set<Capability> before = Set.copyOf(rig.backend.capabilities());
    Check.that(
        ((Probe.Available) probe).capabilities().containsAll(before),
        "open: %s, more than the probe declared: %s",
        before,
        ((Probe.Available) probe).capabilities());
    GemmBench bench = GemmCase.of(3, 3, 3).on(kit, rig, 0);
    bench.run(bench.prepare());
    Check.equal("capabilities after use", before, Set.copyOf(rig.backend.capabilities()));
    rig.backend.abort("to see whether capabilities change");
    Check.equal("capabilities after a fault", before, Set.copyOf(rig.backend.capabilities()));
  }

  @Rule("CAP-4")
  @ConformanceTest(Worlds.PAIR)
  void theMandatoryPartNeedsNoCapability(Kit kit) {
    Rig rig = kit.rig();
    Check.that(rig.backend.gemm().supports(DType.FP32, DType.FP32), "FP32 GEMM must be supported");
    for (WeightLayout layout : WeightLayout.values()) {
      GemmBench bench = GemmCase.of(20, 18, 16).shards(2).layout(layout).tile(8, 8).on(kit, rig, 1);
      int[] slots = bench.shuffledTiles(kit.random());
      SignalArray words = rig.words(2);
      int[] firstWord = new int[bench.tiling.tileRowCount()];
      int[] counts = new int[bench.tiling.tileRowCount()];
      Arrays.fill(counts, 1);
      int[] posts = new int[bench.tiling.tiles()];
      Arrays.fill(posts, 1);
      rig.backend.signals().addFromHost(words, 1, 0, 1);
      bench.run(
          bench.prepare(
              new TileOrder.Shards(new int[] {1, 0}),
              new TileGate.Words(words, firstWord, counts, new Target(0, 1)),
              new TileRoute.Packed(slots),
              new TilePost.Counters(words, posts, TilePost.At.SELF),
              rig.epoch(1)));
      bench.checkPacked("packed", slots);
      Check.equal(
          "self posts",
          (long) bench.tilesWithElements(-1),
          rig.backend.signals().read(words, 1, 1));
    }
  }
}
