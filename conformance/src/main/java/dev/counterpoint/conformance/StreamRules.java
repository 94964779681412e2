package dev.counterpoint.conformance;

import dev.counterpoint.DeadlineExceededException;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Event;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Chapter 4: streams and events. */
@DisplayName("Streams and events")
class StreamRules {
  @Rule("STR-1")
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void workOfOneStreamTakesEffectInOrder(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    Stream stream = rig.stream(0);
    int cells = 60;
    DeviceMemory cell = rig.memory(0, 4096);
    DeviceMemory log = rig.memory(0, 4096L * cells);
    DeviceMemory remote = rig.symmetric(4096L * cells).at(1);
    for (int i = 0; i < cells; i++) {
      transfers.fill(stream, cell, 0, 4096, (byte) i);
      transfers.put(stream, cell, 0, log, 4096L * i, 4096, Transport.AUTO);
      transfers.put(stream, log, 4096L * i, remote, 4096L * i, 4096, Transport.COPY_ENGINE);
      transfers.fill(stream, cell, 0, 4096, (byte) -1);
    }
    stream.synchronize(Rig.DEADLINE);
    for (int i = 0; i < cells; i++) {
      Check.all("local copy " + i, i, rig.read(log, 4096L * i, 4096));
      Check.all("remote copy " + i, i, rig.read(remote, 4096L * i, 4096));
    }
  }

  @Rule({"STR-2", "STR-9"})
  @ConformanceTest
  void atLeast256ItemsAreAcceptedWhileTheStreamWaits(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, 64);
    Rig.Hold hold = rig.hold(0);
    hold.on(stream);
    try {
      Watchdog.within(
          "[STR-9] enqueuing 255 items behind a wait",
          rig.waitTimeout.dividedBy(2),
          () -> {
            for (int i = 0; i < 255; i++) {
              rig.backend.transfers().fill(stream, memory, 0, 64, (byte) i);
            }
          });
    } finally {
      hold.release();
    }
    stream.synchronize(Rig.DEADLINE);
    Check.all("memory after all items", 254, rig.read(memory));
  }

  @Rule({"STR-2", "ERR-1"})
  @ConformanceTest
  void aFullQueueWaitsNoLongerThanTheWaitTimeout(Kit kit) {
    Rig rig = kit.fragile();
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, 64);
    rig.hold(0).on(stream);
    Watchdog.within(
        "[STR-2] enqueuing 200000 items behind a wait that expires",
        rig.waitTimeout.multipliedBy(2).plusSeconds(15),
        () -> {
          try {
            for (int i = 0; i < 200_000; i++) {
              rig.backend.transfers().fill(stream, memory, 0, 64, (byte) i);
            }
          } catch (dev.counterpoint.DeviceFaultException e) {
            // That is how the wait for room ends.
          }
        });
    rig.awaitFault(stream);
  }

  @Rule("STR-3")
  @ConformanceTest(Worlds.PAIR)
  void aWaitingStreamDoesNotKeepOthersFromProgressing(Kit kit) {
    Rig rig = kit.rig();
    int waiting = 8;
    List<Stream> held = new ArrayList<>();
    SignalArray done = rig.words(1);
    Rig.Hold hold = rig.hold(0);
    for (int i = 0; i < waiting; i++) {
      Stream stream = rig.stream(0);
      hold.on(stream);
      rig.backend.signals().add(stream, done, 0, 0, 1);
      held.add(stream);
    }
    for (int rank = 0; rank < rig.ranks; rank++) {
      kit.at("work of rank %d beside %d waiting streams of rank 0", rank, waiting);
      GemmBench bench = GemmCase.of(12, 12, 12).on(kit, rig, rank);
      bench.run(bench.prepare());
      bench.check("beside waiting streams");
    }
    Check.equal("streams that passed", 0L, rig.backend.signals().read(done, 0, 0));
    hold.release();
    for (Stream stream : held) {
      stream.synchronize(Rig.DEADLINE);
    }
    Check.equal(
        "streams that passed after the release",
        (long) waiting,
        rig.backend.signals().read(done, 0, 0));
  }

  @Rule("STR-4")
  @ConformanceTest(value = Worlds.ONE, chaos = true)
  void whatWasEnqueuedBeforeARecordIsSeenAfterTheAwait(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    Stream producer = rig.stream(0);
    Stream consumer = rig.stream(0);
    Event ready = rig.event(0);
    Event consumed = rig.event(0);
    int rounds = kit.rounds(50, 400);
    int size = 3000;
    DeviceMemory cell = rig.memory(0, size);
    DeviceMemory log = rig.memory(0, (long) rounds * size);
    for (int round = 0; round < rounds; round++) {
      producer.await(consumed);
      transfers.fill(producer, cell, 0, size, (byte) round);
      producer.record(ready);
      consumer.await(ready);
      transfers.put(consumer, cell, 0, log, (long) round * size, size, Transport.AUTO);
      consumer.record(consumed);
    }
    consumer.synchronize(Rig.DEADLINE);
    for (int round = 0; round < rounds; round++) {
      Check.all("round " + round, round, rig.read(log, (long) round * size, size));
    }
  }

  @Rule({"STR-4", "STR-6"})
  @ConformanceTest
  void theLatestRecordCounts(Kit kit) {
    Rig rig = kit.rig();
    Stream one = rig.stream(0);
    Stream two = rig.stream(0);
    Event event = rig.event(0);
    DeviceMemory cell = rig.memory(0, 64);
    DeviceMemory seen = rig.memory(0, 64);
    Rig.Hold hold = rig.hold(0);
    rig.set(cell, 0);
    one.record(event);
    hold.on(one);
    rig.backend.transfers().fill(one, cell, 0, 64, (byte) 2);
    one.record(event);
    Check.that(!event.isComplete(), "isComplete() speaks of an earlier record");
    two.await(event);
    rig.backend.transfers().put(two, cell, 0, seen, 0, 64, Transport.AUTO);
    Threads.pause(20);
    hold.release();
    two.synchronize(Rig.DEADLINE);
    Check.all("what the second stream saw", 2, rig.read(seen));
    Check.that(event.isComplete(), "the event is not complete although its stream is past it");
  }

  @Rule("STR-5")
  @ConformanceTest
  void anEventThatWasNeverRecordedHoldsNobody(Kit kit) {
    Rig rig = kit.rig();
    Event event = rig.event(0);
    Stream stream = rig.stream(0);
    Check.that(event.isComplete(), "isComplete() of an event that was never recorded");
    stream.await(event);
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule("STR-6")
  @ConformanceTest
  void anEarlierAwaitKeepsThePointItSaw(Kit kit) {
    Rig rig = kit.rig();
    Stream one = rig.stream(0);
    Stream two = rig.stream(0);
    Event event = rig.event(0);
    Rig.Hold hold = rig.hold(0);
    one.record(event);
    two.await(event);
    hold.on(one);
    one.record(event);
    two.synchronize(Rig.DEADLINE);
    hold.release();
    one.synchronize(Rig.DEADLINE);
  }

  @Rule("STR-7")
  @ConformanceTest(Worlds.PAIR)
  void synchronizeReturnsOnlyWhenEverythingIsComplete(Kit kit) {
    Rig rig = kit.rig();
    for (int round = 0; round < kit.rounds(20, 200); round++) {
      Stream stream = rig.stream(1);
      DeviceMemory memory = rig.memory(1, 100_000);
      for (int i = 0; i <= 10; i++) {
        rig.backend.transfers().fill(stream, memory, 0, 100_000, (byte) (round + i));
      }
      stream.synchronize(Rig.DEADLINE);
      Check.all("memory after synchronize, round " + round, round + 10, rig.read(memory));
      stream.close();
    }
  }

  @Rule("STR-7")
  @ConformanceTest
  void aDeadlineThatPassesLeavesTheWorldUsable(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, new byte[16]);
    Rig.Hold hold = rig.hold(0);
    hold.on(stream);
    rig.backend.transfers().fill(stream, memory, 0, 16, (byte) 9);
    for (int time = 0; time < 2; time++) {
      Check.fails(
          DeadlineExceededException.class,
          "synchronize of a waiting stream within 50 ms",
          () -> stream.synchronize(Duration.ofMillis(50)));
      Check.fails(
          DeadlineExceededException.class,
          "synchronize of its device within 50 ms",
          () -> rig.backend.device(0).synchronize(Duration.ofMillis(50)));
    }
    Check.that(
        rig.backend.fault().isEmpty(),
        "a deadline of the host is not a fault: %s",
        rig.backend.fault());
    hold.release();
    stream.synchronize(Rig.DEADLINE);
    Check.all("memory after the release", 9, rig.read(memory));
  }

  @Rule("STR-8")
  @ConformanceTest
  void eventTimesAreDeviceTimes(Kit kit) {
    Rig rig = kit.rig();
    if (kit.refused(
        Capability.TIMED_EVENTS,
        rig.backend,
        () -> rig.own(rig.backend.device(0).newEvent(true)))) {
      return;
    }
    Event start = rig.own(rig.backend.device(0).newEvent(true));
    Event end = rig.own(rig.backend.device(0).newEvent(true));
    Stream stream = rig.stream(0);
    Rig.Hold hold = rig.hold(0);
    for (int i = 0; i < 5; i++) {
      stream.record(start);
      stream.record(end);
      stream.synchronize(Rig.DEADLINE);
      Check.that(
          end.nanosSince(start) >= 0, "time between two points is %s ns", end.nanosSince(start));
    }
    stream.record(start);
    hold.on(stream);
    stream.record(end);
    long before = System.nanoTime();
    Check.fails(
        DeadlineExceededException.class,
        "synchronize of a waiting stream",
        () -> stream.synchronize(Duration.ofMillis(60)));
    long held = System.nanoTime() - before;
    hold.release();
    stream.synchronize(Rig.DEADLINE);
    double measured = end.nanosSince(start);
    long whole = System.nanoTime() - before;
    Check.that(measured > held * 0.5, "a wait of %d ns was measured as %s ns", held, measured);
    Check.that(
        measured < whole * 2.0 + 5e6,
        "at most %d ns passed, but %s ns were measured",
        whole,
        measured);
    Event untimed = rig.event(0);
    stream.record(untimed);
    stream.synchronize(Rig.DEADLINE);
    Check.fails(
        UnsupportedCapabilityException.class,
        "time of an event that is not timed",
        () -> untimed.nanosSince(start));
  }

  @Rule({"STR-11", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void eventsAreRecordedOnTheirOwnRankOnly(Kit kit) {
    Rig rig = kit.rig();
    Event foreign = rig.event(1);
    Stream stream = rig.stream(0);
    Check.refusesNaming(
        "record of an event of rank 1 on a stream of rank 0",
        "event|rank",
        () -> stream.record(foreign));
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule({"STR-11", "STR-4"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void aStreamMayAwaitAnEventOfAnotherRank(Kit kit) {
    Rig rig = kit.rig();
    Event event = rig.event(1);
    Stream first = rig.stream(1);
    Stream second = rig.stream(0);
    Rig.Hold hold = rig.hold(1);
    DeviceMemory memory = rig.memory(0, 64);
    rig.set(memory, 0);
    hold.on(first);
    first.record(event);
    second.await(event);
    rig.backend.transfers().fill(second, memory, 0, 64, (byte) 7);
    Check.fails(
        DeadlineExceededException.class,
        "synchronize of a stream that awaits an event of another rank",
        () -> second.synchronize(Duration.ofMillis(30)));
    Check.all("memory before the event", 0, rig.read(memory));
    hold.release();
    second.synchronize(Rig.DEADLINE);
    Check.all("memory after the event", 7, rig.read(memory));
  }

  @Rule("STR-10")
  @ConformanceTest
  void enqueuingAllocatesNothing(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory memory = rig.memory(0, 64);
    for (int i = 0; i < 2000; i++) {
      rig.backend.transfers().fill(stream, memory, 0, 64, (byte) 1);
      if (i % 100 == 0) {
        stream.synchronize(Rig.DEADLINE);
      }
    }
    stream.synchronize(Rig.DEADLINE);
    long before = HeapUse.ofThisThread();
    for (int i = 0; i < 100; i++) {
      rig.backend.transfers().fill(stream, memory, 0, 64, (byte) 1);
    }
    long bytes = HeapUse.ofThisThread() - before;
    stream.synchronize(Rig.DEADLINE);
    kit.should(
        bytes < 100 * 16, // the smallest object
        "enqueuing a fill allocates %.1f bytes on the Java heap",
        bytes / 100.0);
  }
}
