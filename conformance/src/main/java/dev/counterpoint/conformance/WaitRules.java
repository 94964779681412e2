package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Transport;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.function.Executable;
import org.opentest4j.TestAbortedException;

/** Chapter 11, first part: waits that expire. */
@DisplayName("Errors: bounded waits")
class WaitRules {
  private static final String LABEL = "conformance operation";

  /**
   * How the labels of prepared operations begin here; a fault may carry that label or the stream's.
   */
  private static final List<String> NAMED_BY_SPEC = List.of("gemm-", "reduce-", "all-reduce-");

  /** The stream's wait expires in time and leaves a record that says everything. */
  private static FaultRecord expires(Rig rig, Stream stream, String what, String waitedFor) {
    long start = System.nanoTime();
    FaultRecord fault = rig.awaitFault(stream);
    long took = (System.nanoTime() - start) / 1_000_000;
    long bound = rig.waitTimeout.toMillis();
    Check.that(
        took <= bound + 2000,
        "%s: the fault came after %d ms, the wait timeout is %d",
        what,
        took,
        bound);
    Check.equal(what + ": kind of the fault", FaultRecord.Kind.WAIT_EXPIRED, fault.kind());
    Check.equal(what + ": rank of the fault", stream.rank(), fault.rank());
    boolean named =
        fault.operation().contains(LABEL)
            || NAMED_BY_SPEC.stream().anyMatch(fault.operation()::startsWith);
    Check.that(
        named,
        "%s: the fault must name the operation '%s' or the plan's label, but says: %s",
        what,
        LABEL,
        fault.describe());
    Check.that(
        !fault.waitedFor().isBlank(),
        "%s: the fault must say what was waited for: %s",
        what,
        fault.describe());
    Check.that(
        fault.waitedFor().contains(waitedFor),
        "%s: the fault must name '%s', but says: %s",
        what,
        waitedFor,
        fault.describe());
    Check.that(
        fault.elapsedMillis() >= bound / 2 && fault.elapsedMillis() <= bound + 2000,
        "%s: elapsed %d ms, the wait timeout is %d",
        what,
        fault.elapsedMillis(),
        bound);
    Check.equal(what + ": the backend's fault", fault, rig.backend.fault().orElse(null));
    return fault;
  }

  @Rule({"ERR-1", "ERR-2"})
  @ConformanceTest
  void aWaitOnAStreamExpires(Kit kit) {
    Rig rig = kit.fragile();
    SignalArray words = rig.words(4);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    stream.label(LABEL);
    rig.backend.signals().addFromHost(words, 0, 2, 5);
    rig.backend.signals().await(stream, words, 2, epoch, new Target(0, 9));
    FaultRecord fault = expires(rig, stream, "await", words.name());
    Check.equal("value seen", 5L, fault.seen());
    Check.equal("value wanted", 9L, fault.wanted());
  }

  @Rule({"ERR-1", "ERR-2", "SIG-7"})
  @ConformanceTest
  void aWaitForSeveralWordsExpires(Kit kit) {
    Rig rig = kit.fragile();
    SignalArray words = rig.words(4);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    stream.label(LABEL);
    rig.backend.signals().addFromHost(words, 0, 1, 1);
    rig.backend.signals().addFromHost(words, 0, 3, 1);
    rig.backend.signals().awaitAll(stream, words, 1, 3, epoch, new Target(0, 1));
    FaultRecord fault = expires(rig, stream, "awaitAll", words.name());
    Check.equal("value seen", 0L, fault.seen());
    Check.equal("value wanted", 1L, fault.wanted());
  }

  @Rule({"ERR-1", "ERR-2", "ERR-10", "GEMM-8"})
  @ConformanceTest
  void aGateExpiresAndTheTileIsNeitherStoredNorPosted(Kit kit) {
    Rig rig = kit.fragile();
    GemmBench bench = GemmCase.of(24, 16, 8).shards(3).tile(8, 8).on(kit, rig, 0);
    SignalArray words = rig.words(3);
    SignalArray posts = rig.words(1);
    Epoch epoch = rig.epoch(0);
    int rows = bench.tiling.tileRowCount();
    int[] ones = new int[rows];
    Arrays.fill(ones, 1);
    PreparedGemm gemm =
        bench.prepare(
            TileOrder.NATURAL,
            new TileGate.Words(words, new int[rows], ones, new Target(0, 3)),
            TileRoute.LOCAL,
            new TilePost.Counters(posts, new int[bench.tiling.tiles()], TilePost.At.SELF),
            epoch);
    Stream stream = rig.stream(0);
    stream.label(LABEL);
    rig.backend.signals().addFromHost(words, 0, 0, 2);
    gemm.launch(stream, bench.arguments());
    FaultRecord fault = expires(rig, stream, "gate", words.name());
    Check.equal("value seen", 2L, fault.seen());
    Check.equal("value wanted", 3L, fault.wanted());
    Check.that(fault.tile() >= 0, "the fault must name the tile: %s", fault.describe());
    after(() -> bench.checkUntouched("after an expired gate"));
    after(
        () ->
            Check.equal(
                "posts after an expired gate", 0L, rig.backend.signals().read(posts, 0, 0)));
  }

  /** Looks at a failed world, where the backend still lets one. */
  private static void after(Executable look) {
    try {
      look.execute();
    } catch (DeviceFaultException e) {
      throw new TestAbortedException("memory cannot be read after a fault here");
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Rule({"ERR-1", "ERR-2", "ERR-10", "GEMM-14"})
  @ConformanceTest(Worlds.PAIR)
  void aClearanceExpiresAndNothingIsStored(Kit kit) {
    Rig rig = kit.fragile();
    kit.assume(
        rig.has(Capability.PEER_ACCESS),
        "routes to peers need PEER_ACCESS; their refusal is tested under CAP-2");
    GemmBench bench = GemmCase.of(16, 16, 8).shards(rig.ranks).tile(8, 8).on(kit, rig, 0);
    SymmetricBuffer staging = rig.symmetric(4096);
    SignalArray cleared = rig.words(1);
    SignalArray posts = rig.words(1);
    var clearance = new TileRoute.Clearance(cleared, new int[rig.ranks], new Target(0, 1));
    PreparedGemm gemm =
        bench.prepare(
            TileOrder.NATURAL,
            TileGate.NONE,
            new TileRoute.Owners(staging, 0, 16, clearance),
            new TilePost.Counters(posts, new int[bench.tiling.tiles()], TilePost.At.OWNER),
            rig.epoch(0));
    Stream stream = rig.stream(0);
    stream.label(LABEL);
    gemm.launch(stream, bench.arguments());
    expires(rig, stream, "clearance", cleared.name());
    for (int rank = 0; rank < rig.ranks; rank++) {
      int owner = rank;
      after(
          () ->
              Check.all(
                  "memory of rank " + owner + " after an expired clearance",
                  0,
                  rig.read(staging.at(owner))));
      after(
          () ->
              Check.equal(
                  "posts at rank " + owner, 0L, rig.backend.signals().read(posts, owner, 0)));
    }
  }

  @Rule({"ERR-1", "ERR-2", "ERR-10", "RED-3"})
  @ConformanceTest
  void aGateOfAReductionExpires(Kit kit) {
    Rig rig = kit.fragile();
    Reductions r =
        new Reductions(rig, 0, 8, 8, 2, DType.FP32, DType.FP32, 4, 0, kit.random(), true);
    SignalArray words = rig.words(1);
    Epoch epoch = rig.epoch(0);
    var reduce =
        rig.prepare(
            r.spec(
                new ReduceSpec.Gate(words, new int[4], new long[] {2, 2, 2, 2}),
                new ReduceSpec.Local(),
                epoch));
    DeviceMemory output = rig.memory(0, 256);
    rig.set(output, Matrix.CANARY);
    Stream stream = rig.stream(0);
    stream.label(LABEL);
    rig.backend.signals().advance(stream, epoch);
    reduce.launch(stream, output, 0, 8);
    FaultRecord fault = expires(rig, stream, "gate of a reduction", words.name());
    Check.equal("value wanted", 2L, fault.wanted());
    after(() -> Check.all("output after an expired gate", Matrix.CANARY, rig.read(output)));
  }

  @Rule({"PEER-6", "ERR-1", "ERR-2", "ERR-10"})
  @ConformanceTest(value = Worlds.PAIR, seconds = 90)
  void anAllReduceByKernelsThatARankNeverJoinsExpires(Kit kit) {
    for (Algorithm algorithm : AllReduces.ALGORITHMS) {
      kit.at("%s without rank 1", algorithm);
      Rig rig = kit.fragile();
      kit.assume(
          rig.has(Capability.PEER_ALL_REDUCE),
          "its refusal is tested with the others' of chapter 17");
      AllReduces all = new AllReduces(rig, DType.BF16, 3, 40, 0, true, kit.random());
      PreparedAllReduce prepared = all.prepare(algorithm);
      Stream[] streams = rig.streams();
      all.run(prepared, streams);
      all.clear();
      streams[0].label(LABEL);
      all.launch(prepared, streams[0]);
      FaultRecord fault = expires(rig, streams[0], "all-reduce", prepared.spec().label());
      Check.that(
          fault.waitedFor().matches(".*\\b(word|rank) 1\\b.*"),
          "the fault must name rank 1, but says: %s",
          fault.describe());
      after(() -> all.checkUntouched("outputs of an all-reduce that rank 1 never joined"));
      rig.backend.close();
    }
  }

  @Rule({"ERR-3", "ERR-1"})
  @ConformanceTest(value = Worlds.PAIR, seconds = 90)
  void aCollectiveThatARankNeverJoinsExpires(Kit kit) {
    for (int which = 0; which < 5; which++) {
      Rig rig = kit.fragile();
      Stream stream = rig.stream(0);
      stream.label(LABEL);
      DeviceMemory memory = rig.memory(0, 4096);
      DeviceMemory other = rig.memory(0, 4096);
      String[] names = {"allGather", "reduceScatter", "allReduce", "broadcast", "allToAll"};
      kit.at("%s without rank 1", names[which]);
      var c = rig.backend.collectives();
      switch (which) {
        case 0 -> c.allGather(stream, memory, 0, other, 0, 8, DType.FP32);
        case 1 -> c.reduceScatter(stream, memory, 0, other, 0, 8, DType.FP32);
        case 2 -> c.allReduce(stream, memory, 0, other, 0, 8, DType.FP32);
        case 3 -> c.broadcast(stream, 1, memory, 0, other, 0, 8, DType.FP32);
        default -> c.allToAll(stream, memory, 0, other, 0, 8, DType.FP32);
      }
      expires(rig, stream, names[which], "");
      rig.backend.close();
    }
  }

  @Rule({"ERR-10", "ERR-1"})
  @ConformanceTest(Worlds.PAIR)
  void whatFollowsAnExpiredWaitIsNotDone(Kit kit) {
    Rig rig = kit.fragile();
    SymmetricBuffer box = rig.symmetric(64);
    DeviceMemory source = rig.memory(0, Rig.bytes(kit.random(), 64));
    SignalArray words = rig.words(3);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    rig.backend.signals().advance(stream, epoch);
    rig.backend.signals().await(stream, words, 0, epoch, Target.THIS_LAUNCH);
    rig.backend.transfers().put(stream, source, 0, box.at(1), 0, 64, Transport.AUTO);
    rig.backend
        .transfers()
        .putSignal(stream, source, 0, box.at(1), 0, 64, Transport.COPY_ENGINE, words, 1, epoch);
    rig.backend.signals().set(stream, words, 1, 2, epoch);
    rig.awaitFault(stream);
    Threads.pause(20);
    after(() -> Check.all("memory of the peer after an expired wait", 0, rig.read(box.at(1))));
    after(
        () ->
            Check.equal(
                "signal of a put behind an expired wait",
                0L,
                rig.backend.signals().read(words, 1, 1)));
    after(
        () ->
            Check.equal(
                "signal set behind an expired wait", 0L, rig.backend.signals().read(words, 1, 2)));
  }
}
