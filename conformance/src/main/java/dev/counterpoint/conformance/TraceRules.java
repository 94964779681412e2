package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.Transport;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** Chapter 15: tracing. */
@DisplayName("Tracing")
class TraceRules {
  private static final String LABEL = "traced operation";

  /** Lets a stream go on after it has come to its wait, however late that is on a busy machine. */
  private static void release(Rig.Hold hold, Event before) {
    long deadline = System.nanoTime() + Rig.DEADLINE.toNanos();
    while (!before.isComplete()) {
      Check.that(System.nanoTime() < deadline, "a stream with nothing to wait for did not go on");
      Threads.pause(1);
    }
    Threads.pause(50); // from the event to the wait behind it, which nothing outside can see
    hold.release();
  }

  /** One of everything that rule TRACE-2 speaks of, on every rank. */
  private static void workload(Kit kit, Rig rig) {
    int n = rig.ranks;
    SignalArray words = rig.words(1);
    SymmetricBuffer box = rig.symmetric(64 * 64 * 4);
    Rig.Hold hold = rig.hold(0);
    Event before = rig.event(0);
    Stream[] streams = rig.streams();
    Epoch[] epochs = rig.epochs();
    GemmBench[] benches = new GemmBench[n];
    DeviceMemory[] sums = new DeviceMemory[n];
    Reductions[] reductions = new Reductions[n];
    for (int rank = 0; rank < n; rank++) {
      benches[rank] = GemmCase.of(64, 64, 32).tile(16, 16).on(kit, rig, rank);
      sums[rank] = rig.memory(rank, 64 * 64 * 4);
      reductions[rank] =
          new Reductions(rig, rank, 16, 16, 2, DType.FP32, DType.FP32, 4, 0, kit.random(), true);
    }
    rig.onEachRank(
        rank -> {
          Stream stream = streams[rank];
          GemmBench bench = benches[rank];
          stream.label(LABEL);
          rig.backend.signals().advance(stream, epochs[rank]);
          if (rank == 0) {
            stream.record(before);
            hold.on(stream);
            release(hold, before);
          }
          bench.prepare().launch(stream, bench.arguments());
          int peer = (rank + 1) % n;
          rig.backend
              .transfers()
              .putSignal(
                  stream,
                  bench.deviceD,
                  bench.outputOffset(),
                  box.at(peer),
                  0,
                  64 * 64 * 4,
                  Transport.COPY_ENGINE,
                  words,
                  0,
                  epochs[rank]);
          rig.backend.signals().await(stream, words, 0, epochs[rank], Target.THIS_LAUNCH);
          rig.prepare(reductions[rank].spec(null, new ReduceSpec.Local(), null))
              .launch(stream, sums[rank], 0, 16);
          rig.backend
              .collectives()
              .allReduce(stream, box.at(rank), 0, sums[rank], 0, 64 * 64, DType.FP32);
          stream.label("");
        });
    rig.settle();
    for (GemmBench bench : benches) {
      bench.check("traced GEMM");
    }
  }

  @Rule({"TRACE-1", "TRACE-2"})
  @ConformanceTest(Worlds.SEVERAL)
  void spansLieBetweenTheCallsAndShowWhatWasDone(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    if (kit.refused(Capability.TRACING, rig.backend, rig.backend::startTrace)) {
      return;
    }
    workload(kit, rig);
    Check.that(!rig.backend.tracing(), "traces before it was asked to");
    rig.backend.startTrace();
    Check.that(rig.backend.tracing(), "does not say that it traces");
    long before = System.nanoTime();
    workload(kit, rig);
    List<TraceEvent> events = rig.backend.stopTrace();
    Check.that(!rig.backend.tracing(), "says that it still traces");
    long length = System.nanoTime() - before;
    Check.that(!events.isEmpty(), "nothing was traced");
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    long previous = Long.MIN_VALUE;
    Set<TraceEvent.Kind> seen = EnumSet.noneOf(TraceEvent.Kind.class);
    for (TraceEvent event : events) {
      Check.that(event.endNanos() >= event.startNanos(), "ends before it starts: %s", event);
      Check.that(event.startNanos() >= previous, "not ordered by start: %s", event);
      Check.that(event.rank() >= 0 && event.rank() < rig.ranks, "no such rank: %s", event);
      Check.that(
          !event.lane().isBlank() && !event.name().isBlank(),
          "a span without lane or name: %s",
          event);
      previous = event.startNanos();
      first = Math.min(first, event.startNanos());
      last = Math.max(last, event.endNanos());
      if (event.operation().equals(LABEL)) {
        seen.add(event.kind());
      }
    }
    Check.that(
        last - first <= length,
        "spans cover %d ns, but only %d ns passed between start and stop",
        last - first,
        length);
    for (TraceEvent.Kind kind : EnumSet.complementOf(EnumSet.of(TraceEvent.Kind.OTHER))) {
      Check.that(
          seen.contains(kind),
          "no span of kind %s under the label '%s'; there are %s",
          kind,
          LABEL,
          seen);
    }
    for (int rank = 0; rank < rig.ranks; rank++) {
      int mine = rank;
      long tiles =
          events.stream()
              .filter(e -> e.rank() == mine && e.kind() == TraceEvent.Kind.COMPUTE)
              .count();
      Check.that(tiles > 0, "rank %d computed, but no span says so", rank);
    }
  }

  @Rule("TRACE-1")
  @ConformanceTest(Worlds.PAIR)
  void aSecondTraceHoldsOnlyWhatHappenedDuringIt(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    if (kit.refused(Capability.TRACING, rig.backend, rig.backend::startTrace)) {
      return;
    }
    rig.backend.startTrace();
    workload(kit, rig);
    List<TraceEvent> first = rig.backend.stopTrace();
    workload(kit, rig);
    rig.backend.startTrace();
    List<TraceEvent> empty = rig.backend.stopTrace();
    rig.backend.startTrace();
    workload(kit, rig);
    List<TraceEvent> second = rig.backend.stopTrace();
    Check.that(
        empty.stream().noneMatch(e -> e.operation().equals(LABEL)),
        "spans from outside the trace: %s",
        empty);
    long end = first.stream().mapToLong(TraceEvent::endNanos).max().orElse(Long.MIN_VALUE);
    for (TraceEvent event : second) {
      Check.that(
          event.startNanos() >= end,
          "a span of the second trace starts before the first ended: %s",
          event);
    }
  }

  @Rule("TRACE-3")
  @ConformanceTest(Worlds.PAIR)
  void tracingChangesNoResult(Kit kit) {
    Rig rig = kit.open(kit.target().waitTimeout());
    if (kit.refused(Capability.TRACING, rig.backend, rig.backend::startTrace)) {
      return;
    }
    Reductions fixed =
        new Reductions(rig, 0, 16, 16, 2, DType.FP32, DType.FP32, 4, 0, kit.random(), false);
    GemmBench bench = GemmCase.of(40, 30, 50).tile(16, 16).reals().on(kit, rig, 0);
    var gemm = bench.prepare();
    var reduce = rig.prepare(fixed.spec(null, new ReduceSpec.Local(), null));
    DeviceMemory sum = rig.memory(0, 16 * 16 * 4);
    byte[][] products = new byte[2][];
    byte[][] sums = new byte[2][];
    for (int traced = 0; traced < 2; traced++) {
      if (traced == 1) {
        rig.backend.startTrace();
      }
      bench.clear();
      bench.run(gemm);
      Stream stream = rig.stream(0);
      reduce.launch(stream, sum, 0, 16);
      stream.synchronize(Rig.DEADLINE);
      products[traced] = bench.output();
      sums[traced] = rig.read(sum);
    }
    rig.backend.stopTrace();
    Check.bytes("product while tracing", products[0], products[1]);
    Check.bytes("sum while tracing", sums[0], sums[1]);
    workload(kit, rig);
  }
}
