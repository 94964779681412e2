package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.DeviceFaultException;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.FaultRecord;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileOrder;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Transport;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.function.Executable;

/** Chapter 11, second part: what is left of a world that has failed. */
@DisplayName("Errors: afterwards")
class ErrorRules {
  @Rule({"ERR-4", "ERR-6"})
  @ConformanceTest(Worlds.SEVERAL)
  void afterAnAbortEveryWaitLeavesWithinASecond(Kit kit) {
    Rig rig = kit.open(Duration.ofSeconds(25));
    SignalArray words = rig.words(1);
    int lastRank = rig.ranks - 1;
    // Before anything waits: preparing may wait for what its device runs.
    GemmBench bench = GemmCase.of(8, 8, 8).on(kit, rig, lastRank);
    int[] ones = new int[bench.tiling.tileRowCount()];
    Arrays.fill(ones, 1);
    var gate = new TileGate.Words(words, new int[ones.length], ones, new Target(0, 1));
    PreparedGemm gated =
        bench.prepare(TileOrder.NATURAL, gate, TileRoute.LOCAL, TilePost.NONE, rig.epoch(lastRank));
    for (int rank = 0; rank < rig.ranks; rank++) {
      for (int i = 0; i < 3; i++) {
        rig.backend.signals().await(rig.stream(rank), words, 0, rig.epoch(rank), new Target(0, 1));
      }
    }
    Stream stream = rig.stream(0);
    rig.hold(0).on(stream);
    gated.launch(rig.stream(lastRank), bench.arguments());
    Threads.pause(20);
    rig.backend.abort("the reason of the test");
    Watchdog.within(
        "[ERR-4] synchronize after an abort",
        Duration.ofSeconds(1),
        () -> {
          DeviceFaultException e =
              Check.fails(
                  DeviceFaultException.class,
                  "synchronize after an abort",
                  () -> stream.synchronize(Rig.DEADLINE));
          Check.equal("kind of the fault", FaultRecord.Kind.ABORTED, e.fault().kind());
          Check.that(
              String.valueOf(e.getMessage()).contains("the reason of the test"),
              "the fault must give the reason, but says: %s",
              e.getMessage());
        });
    // Waits are bounded by 25 seconds here, so a close that is quicker shows that they left.
    Watchdog.within(
        "[ERR-4] close while waits of 25 s are under way, after an abort",
        Duration.ofSeconds(6),
        rig.backend::close);
  }

  @Rule({"ERR-4", "ERR-1"})
  @ConformanceTest(Worlds.PAIR)
  void theHostsWaitsLeaveWithTheFirstFault(Kit kit) {
    Rig rig = kit.fragile();
    SignalArray words = rig.words(1);
    Stream stream = rig.stream(1);
    rig.hold(1).on(stream);
    long start = System.nanoTime();
    Check.fails(
        DeviceFaultException.class,
        "awaitOnHost while the world fails",
        () -> rig.backend.signals().awaitOnHost(words, 0, 0, 1, Rig.DEADLINE));
    long took = (System.nanoTime() - start) / 1_000_000;
    Check.that(
        took < rig.waitTimeout.toMillis() + 2000,
        "awaitOnHost left %d ms after the start; the wait timeout is %d",
        took,
        rig.waitTimeout.toMillis());
  }

  @Rule("ERR-5")
  @ConformanceTest(Worlds.PAIR)
  void afterAFaultEverythingThrowsTheFirstFault(Kit kit) {
    Rig rig = kit.fragile();
    Signals signals = rig.backend.signals();
    SignalArray words = rig.words(2);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    Stream peer = rig.stream(1);
    DeviceMemory memory = rig.memory(0, 4096);
    DeviceMemory remote = rig.symmetric(4096).at(1);
    GemmBench bench = GemmCase.of(4, 4, 4).on(kit, rig, 0);
    PreparedGemm gemm = bench.prepare();
    var reduce = rig.prepare(Reductions.plain(rig, 0, memory));
    stream.label("the first");
    signals.await(stream, words, 0, epoch, new Target(0, 1));
    FaultRecord first = rig.awaitFault(stream);
    rig.backend.abort("this is not the first");
    Map<String, Executable> uses = new LinkedHashMap<>();
    uses.put("fill", () -> rig.backend.transfers().fill(stream, memory, 0, 8, (byte) 1));
    uses.put(
        "put", () -> rig.backend.transfers().put(stream, memory, 0, remote, 0, 8, Transport.AUTO));
    uses.put(
        "put on another rank",
        () -> rig.backend.transfers().put(peer, remote, 0, memory, 0, 8, Transport.AUTO));
    uses.put(
        "putSignal",
        () ->
            rig.backend
                .transfers()
                .putSignal(stream, memory, 0, remote, 0, 8, Transport.AUTO, words, 0, epoch));
    uses.put(
        "get", () -> rig.backend.transfers().get(stream, remote, 0, memory, 0, 8, Transport.AUTO));
    uses.put("advance", () -> signals.advance(stream, epoch));
    uses.put("set", () -> signals.set(stream, words, 1, 0, epoch));
    uses.put("setAll", () -> signals.setAll(stream, words, new int[] {0, 1}, 0, epoch));
    uses.put("add", () -> signals.add(stream, words, 1, 0, 1));
    uses.put("await", () -> signals.await(stream, words, 1, epoch, Target.PREVIOUS_LAUNCH));
    uses.put("awaitOnHost", () -> signals.awaitOnHost(words, 0, 1, 1, Duration.ofSeconds(5)));
    uses.put("launch of a GEMM", () -> gemm.launch(stream, bench.arguments()));
    uses.put("launch of a reduction", () -> reduce.launch(stream, memory, 1024, 4));
    uses.put(
        "allReduce",
        () -> rig.backend.collectives().allReduce(stream, memory, 0, memory, 0, 1, DType.FP32));
    uses.put("synchronize of the stream", () -> stream.synchronize(Rig.DEADLINE));
    uses.put("synchronize of another rank's stream", () -> peer.synchronize(Rig.DEADLINE));
    uses.put("synchronize of a device", () -> rig.backend.device(1).synchronize(Rig.DEADLINE));
    for (Map.Entry<String, Executable> use : uses.entrySet()) {
      DeviceFaultException e =
          Check.fails(DeviceFaultException.class, use.getKey() + " after a fault", use.getValue());
      Check.equal("the fault that " + use.getKey() + " reports", first, e.fault());
    }
  }

  @Rule({"ERR-7", "STR-7"})
  @ConformanceTest(Worlds.PAIR)
  void refusedArgumentsLeaveTheWorldAsItWas(Kit kit) {
    Rig rig = kit.rig();
    SignalArray words = rig.words(1);
    DeviceMemory memory = rig.memory(0, new byte[64]);
    Stream stream = rig.stream(0);
    for (int i = 0; i < 300; i++) {
      int word = 1 + i;
      Check.refuses(
          "add to word " + word, () -> rig.backend.signals().add(stream, words, 0, word, 1));
      Check.refuses(
          "fill beyond the end",
          () -> rig.backend.transfers().fill(stream, memory, 60, 5, (byte) 1));
    }
    Check.that(
        rig.backend.fault().isEmpty(), "refused arguments are no fault: %s", rig.backend.fault());
    rig.backend.transfers().fill(stream, memory, 0, 64, (byte) 2);
    stream.synchronize(Rig.DEADLINE);
    Check.all("memory", 2, rig.read(memory));
  }

  @Rule("ERR-8")
  @ConformanceTest(Worlds.PAIR)
  void aFailedWorldIsClosedAndANewOneWorks(Kit kit) {
    for (int round = 0; round < kit.rounds(2, 6); round++) {
      kit.at("round %d", round);
      Rig broken = kit.fragile();
      Stream stream = broken.stream(1);
      broken.hold(1).on(stream);
      broken.awaitFault(stream);
      Watchdog.within(
          "close of a failed world",
          broken.waitTimeout.multipliedBy(2).plusSeconds(5),
          broken.backend::close);
      Rig fresh = kit.open(kit.target().waitTimeout());
      GemmBench bench = GemmCase.of(9, 9, 9).on(kit, fresh, 1);
      bench.run(bench.prepare());
      bench.check("in a world opened after another had failed");
    }
  }
}
