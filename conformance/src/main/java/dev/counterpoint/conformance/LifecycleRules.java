package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceBuffer;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;

/** Chapter 2: opening, closing, and what happens afterwards. */
@DisplayName("Lifecycle")
class LifecycleRules {
  @Rule("LIFE-1")
  @ConformanceTest
  void probingNeverThrowsAndAnswersAgain(Kit kit) {
    Probe first = kit.target().provider().probe();
    Probe second = kit.target().provider().probe();
    Check.equal("kind of the second answer", first.getClass(), second.getClass());
    if (first instanceof Probe.Available a && second instanceof Probe.Available b) {
      Check.equal("devices", a.devices(), b.devices());
      Check.equal("capabilities", a.capabilities(), b.capabilities());
      Check.that(!a.devices().isEmpty(), "an available backend has devices");
      Check.that(!a.summary().isBlank(), "an available backend has a summary");
    }
  }

  @Rule({"LIFE-1", "LIFE-2"})
  @ConformanceTest
  void anUnavailableBackendSaysWhyAndWhatToDo(Kit kit) {
    int unavailable = 0;
    for (BackendRegistry.Candidate candidate : BackendRegistry.load().candidates()) {
      if (candidate.probe() instanceof Probe.Unavailable no) {
        unavailable++;
        Check.that(!no.reason().isBlank(), "%s gives no reason", candidate.name());
        Check.that(!no.remedy().isBlank(), "%s gives no remedy", candidate.name());
      }
    }
    kit.assume(
        unavailable > 0,
        "every backend on the class path can run here, so none has to say why not");
  }

  @Rule("LIFE-3")
  @ConformanceTest
  void closingTwiceIsClosingOnce(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    List<AutoCloseable> all = oneOfEach(kit, rig);
    all.add(rig.backend);
    for (AutoCloseable resource : all) {
      for (int time = 0; time < 3; time++) {
        try {
          resource.close();
        } catch (Exception e) {
          throw new AssertionError(
              "close number "
                  + (time + 1)
                  + " of "
                  + resource.getClass().getSimpleName()
                  + " threw "
                  + e,
              e);
        }
      }
    }
  }

  private static List<AutoCloseable> oneOfEach(Kit kit, Rig rig) {
    List<AutoCloseable> all = new ArrayList<>();
    Stream stream = rig.stream(0);
    GemmBench bench = GemmCase.of(3, 3, 3).on(kit, rig, 0);
    if (rig.has(Capability.GRAPHS)) {
      stream.beginCapture();
      rig.backend.transfers().fill(stream, bench.deviceD, 0, 1, (byte) 0);
      all.add(stream.endCapture());
    }
    all.add(bench.prepare());
    all.add(rig.prepare(Reductions.plain(rig, 0, rig.memory(0, 64))));
    all.add(Reductions.unpack(rig, 0, bench.tiling));
    all.add(Norms.plain(rig, 0));
    if (rig.has(Capability.PEER_ALL_REDUCE)) {
      all.add(AllReduces.prepare(rig, 2, 4, DType.FP32, Algorithm.AUTO));
    }
    all.add(rig.event(0));
    all.add(rig.epoch(0));
    all.add(rig.words(1));
    all.add(rig.symmetric(64));
    all.add(rig.backend.device(0).allocate(64));
    all.add(stream);
    return all;
  }

  @Rule("LIFE-4")
  @ConformanceTest
  void aClosedStreamIsRefusedEverywhere(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, 64);
    SignalArray words = rig.words(1);
    Epoch epoch = rig.epoch(0);
    Event event = rig.event(0);
    PreparedGemm gemm = GemmCase.of(2, 2, 2).on(kit, rig, 0).prepare();
    String name = stream.name();
    stream.close();
    Backend backend = rig.backend;
    Check.closed("record", name, () -> stream.record(event));
    Check.closed("await", name, () -> stream.await(event));
    Check.closed("synchronize", name, () -> stream.synchronize(Rig.DEADLINE));
    Check.closed("fill", name, () -> backend.transfers().fill(stream, memory, 0, 1, (byte) 1));
    Check.closed(
        "put",
        name,
        () -> backend.transfers().put(stream, memory, 0, memory, 32, 1, Transport.AUTO));
    Check.closed("advance", name, () -> backend.signals().advance(stream, epoch));
    Check.closed("add", name, () -> backend.signals().add(stream, words, 0, 0, 1));
    Check.closed(
        "await of a word",
        name,
        () -> backend.signals().await(stream, words, 0, epoch, Target.THIS_LAUNCH));
    Check.closed(
        "launch of a GEMM",
        name,
        () -> gemm.launch(stream, GemmCase.of(2, 2, 2).on(kit, rig, 0).arguments()));
    Check.closed(
        "allGather",
        name,
        () ->
            backend
                .collectives()
                .allGather(stream, memory, 0, memory, 0, 1, dev.counterpoint.DType.FP32));
  }

  @Rule("LIFE-4")
  @ConformanceTest
  void closedSignalsAndEventsAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    var signals = rig.backend.signals();
    SignalArray words = rig.words(1);
    SignalArray open = rig.words(1);
    Epoch epoch = rig.epoch(0);
    Epoch good = rig.epoch(0);
    Event event = rig.event(0);
    words.close();
    epoch.close();
    event.close();
    Check.closed("add to closed words", words.name(), () -> signals.add(stream, words, 0, 0, 1));
    Check.closed("set of closed words", words.name(), () -> signals.set(stream, words, 0, 0, good));
    Check.closed(
        "await of closed words",
        words.name(),
        () -> signals.await(stream, words, 0, good, Target.PREVIOUS_LAUNCH));
    Check.closed("read of closed words", words.name(), () -> signals.read(words, 0, 0));
    Check.closed(
        "host add to closed words", words.name(), () -> signals.addFromHost(words, 0, 0, 1));
    Check.closed(
        "host wait for closed words",
        words.name(),
        () -> signals.awaitOnHost(words, 0, 0, 0, Duration.ofMillis(10)));
    Check.fails(
        ResourceClosedException.class,
        "advance of a closed epoch",
        () -> signals.advance(stream, epoch));
    Check.fails(
        ResourceClosedException.class,
        "set by a closed epoch",
        () -> signals.set(stream, open, 0, 0, epoch));
    Check.fails(ResourceClosedException.class, "read of a closed epoch", epoch::read);
    Check.fails(
        ResourceClosedException.class, "record of a closed event", () -> stream.record(event));
    Check.fails(
        ResourceClosedException.class, "await of a closed event", () -> stream.await(event));
    Check.fails(ResourceClosedException.class, "isComplete of a closed event", event::isComplete);
  }

  @Rule("LIFE-4")
  @ConformanceTest
  void closedMemoryIsRefused(Kit kit) {
    Rig rig = kit.rig();
    SymmetricBuffer symmetric = rig.symmetric(128);
    DeviceBuffer buffer = rig.own(rig.backend.device(0).allocate(128));
    symmetric.close();
    buffer.close();
    Check.closed("at of symmetric memory", symmetric.name(), () -> symmetric.at(0));
    Check.fails(ResourceClosedException.class, "memory of a closed buffer", buffer::memory);
  }

  @Rule("LIFE-4")
  @ConformanceTest
  void closedPlansAndGraphsAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    GemmBench bench = GemmCase.of(4, 4, 4).on(kit, rig, 0);
    PreparedGemm gemm = bench.prepare();
    gemm.close();
    Check.closed(
        "launch of a GEMM", gemm.spec().label(), () -> gemm.launch(stream, bench.arguments()));
    DeviceMemory staging = rig.memory(0, 64);
    TileReduce.PreparedReduce reduce = rig.prepare(Reductions.plain(rig, 0, staging));
    reduce.close();
    Check.closed(
        "launch of a reduction",
        reduce.spec().label(),
        () -> reduce.launch(stream, rig.memory(0, 64), 0, 4));
    TileReduce.PreparedUnpack unpack = Reductions.unpack(rig, 0, bench.tiling);
    unpack.close();
    Check.fails(
        ResourceClosedException.class,
        "launch of a closed unpacking",
        () -> unpack.launch(stream, bench.deviceA, 0, bench.deviceD, 0, 4));
    RowNorm.PreparedNorm norm = Norms.plain(rig, 0);
    norm.close();
    Check.closed(
        "launch of a normalisation",
        norm.spec().label(),
        () -> norm.launch(stream, new NormArguments()));
    if (rig.has(Capability.PEER_ALL_REDUCE)) {
      PreparedAllReduce all = AllReduces.prepare(rig, 1, 4, DType.FP32, Algorithm.AUTO);
      all.close();
      Check.closed(
          "launch of an all-reduce",
          all.spec().label(),
          () -> all.launch(stream, staging, 0, 4, staging, 0, 4));
    }
    if (rig.has(Capability.GRAPHS)) {
      stream.beginCapture();
      rig.backend.transfers().fill(stream, bench.deviceD, 0, 1, (byte) 0);
      Graph graph = stream.endCapture();
      graph.close();
      Check.fails(
          ResourceClosedException.class, "launch of a closed graph", () -> graph.launch(stream));
    }
    stream.synchronize(Rig.DEADLINE);
    bench.checkUntouched("after refused launches");
  }

  @Rule({"LIFE-4", "LIFE-5"})
  @ConformanceTest(Worlds.PAIR)
  void closingTheBackendClosesWhatCameFromIt(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    Backend backend = rig.backend;
    Stream stream = rig.stream(0);
    DeviceBuffer buffer = rig.own(backend.device(1).allocate(1000));
    SymmetricBuffer symmetric = rig.symmetric(1000);
    SignalArray words = rig.words(3);
    Epoch epoch = rig.epoch(0);
    GemmBench bench = GemmCase.of(4, 4, 4).on(kit, rig, 0);
    PreparedGemm gemm = bench.prepare();
    backend.close();
    Check.fails(
        ResourceClosedException.class, "memory of a buffer of a closed backend", buffer::memory);
    Check.fails(
        ResourceClosedException.class,
        "symmetric memory of a closed backend",
        () -> symmetric.at(0));
    Check.fails(
        ResourceClosedException.class,
        "synchronize of a stream of a closed backend",
        () -> stream.synchronize(Rig.DEADLINE));
    Check.fails(
        ResourceClosedException.class,
        "launch of a GEMM of a closed backend",
        () -> gemm.launch(stream, bench.arguments()));
    Check.fails(
        ResourceClosedException.class,
        "read of a word of a closed backend",
        () -> backend.signals().read(words, 0, 0));
    Check.fails(ResourceClosedException.class, "read of an epoch of a closed backend", epoch::read);
    Check.fails(
        ResourceClosedException.class,
        "allocation from a closed backend",
        () -> backend.heap().allocate("late", 8));
    Check.fails(
        ResourceClosedException.class,
        "device allocation from a closed backend",
        () -> backend.device(0).allocate(8));
    Check.fails(
        ResourceClosedException.class,
        "new stream of a closed backend",
        () -> backend.device(0).newStream("late", 0));
    Check.fails(
        ResourceClosedException.class,
        "new words of a closed backend",
        () -> backend.signals().allocate("late", 1));
  }

  @Rule("LIFE-5")
  @ConformanceTest(Worlds.PAIR)
  void openingAndClosingManyTimesLeavesNothingBehind(Kit kit) {
    int rounds = kit.rounds(6, 20);
    int after = 0;
    for (int round = 0; round < rounds; round++) {
      kit.at("round %d", round);
      Backend backend = kit.target().open(kit.ranks(), kit.target().waitTimeout(), Map.of());
      backend.heap().allocate("left open", 1 << 20);
      backend.signals().allocate("left open too", 64);
      Stream stream = backend.device(0).newStream("left open as well", 0);
      backend
          .transfers()
          .fill(stream, backend.device(0).allocate(1 << 16).memory(), 0, 1 << 16, (byte) 1);
      backend.close();
      if (round == 1) {
        after = Threads.settled();
      }
    }
    int now = Threads.settledAtMost(after);
    Check.that(
        now <= after,
        "%d threads after two worlds, %d after %d: each world leaves some behind",
        after,
        now,
        rounds);
  }

  @Rule("LIFE-7")
  @ConformanceTest(Worlds.PAIR)
  void closingReturnsEvenWhenAPeerNeverArrives(Kit kit) {
    Rig rig = kit.fragile();
    Stream stream = rig.stream(0);
    Rig.Hold hold = rig.hold(0);
    hold.on(stream);
    rig.backend.transfers().fill(stream, rig.memory(0, 64), 0, 64, (byte) 1);
    Duration limit = rig.waitTimeout.multipliedBy(2).plusSeconds(5);
    Watchdog.within("[LIFE-7] close of a backend with a waiting stream", limit, rig.backend::close);
  }

  @Rule("LIFE-8")
  @ConformanceTest(Worlds.PAIR)
  void twoBackendsDoNotObserveEachOther(Kit kit) {
    Rig one = kit.open(kit.target().waitTimeout());
    Rig two = kit.open(kit.target().waitTimeout());
    SignalArray wordsOne = one.own(one.backend.signals().allocate("same name", 4));
    SignalArray wordsTwo = two.own(two.backend.signals().allocate("same name", 4));
    SymmetricBuffer bufferOne = one.own(one.backend.heap().allocate("same name too", 4096));
    SymmetricBuffer bufferTwo = two.own(two.backend.heap().allocate("same name too", 4096));
    one.set(bufferOne.at(1), 1);
    one.backend.signals().addFromHost(wordsOne, 1, 2, 7);
    Check.equal("word in the other world", 0L, two.backend.signals().read(wordsTwo, 1, 2));
    Check.all("memory in the other world", 0, two.read(bufferTwo.at(1)));
    one.backend.abort("only this one");
    Check.that(
        two.backend.fault().isEmpty(), "the other world has a fault: %s", two.backend.fault());
    GemmBench bench = GemmCase.of(6, 6, 6).on(kit, two, 1);
    bench.run(bench.prepare());
    bench.check("in the world that was not aborted");
    one.backend.close();
    bench.clear();
    bench.run(bench.prepare());
    bench.check("after the other world was closed");
  }

  @Rule({"LIFE-8", "LIFE-4"})
  @ConformanceTest
  void resourcesOfAnotherBackendAreRefusedOrLeftAlone(Kit kit) {
    Rig mine = kit.open(kit.target().waitTimeout());
    Rig other = kit.open(kit.target().waitTimeout());
    SignalArray foreign = other.words(1);
    Stream stream = mine.stream(0);
    Check.refuses(
        "words of another world", () -> mine.backend.signals().add(stream, foreign, 0, 0, 1));
    stream.synchronize(Rig.DEADLINE);
    Check.equal("word of the other world", 0L, other.backend.signals().read(foreign, 0, 0));
  }

  @Rule("LIFE-9")
  @ConformanceTest
  void aMisspeltOptionIsRefused(Kit kit) {
    String option = kit.target().provider().name() + ".no-such-option";
    InvalidArgumentException e =
        Check.refuses(
            "an option that no backend knows",
            () -> kit.own(kit.target().open(1, kit.target().waitTimeout(), Map.of(option, "1"))));
    Check.that(
        String.valueOf(e.getMessage()).contains(option),
        "the refusal must name the option %s, but says: %s",
        option,
        e.getMessage());
    kit.own(kit.target().open(1, kit.target().waitTimeout(), Map.of("somebody-else.option", "1")));
  }

  @Rule({"LIFE-9", "ERR-7"})
  @ConformanceTest
  void aNegativeNumberOfRanksIsRefused(Kit kit) {
    Check.refusesNaming(
        "−1 ranks",
        "ranks",
        () -> kit.own(kit.target().open(-1, kit.target().waitTimeout(), Map.of())));
  }
}
