package dev.counterpoint.conformance;

import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Chapter 7, second part: what is refused, what is large, and what carries it. */
@DisplayName("Transfers: limits")
class TransferLimitRules {
  @Rule({"XFER-5", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void rangesOutsideTheMemoryAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    SymmetricBuffer small = rig.symmetric(64);
    SymmetricBuffer large = rig.symmetric(4096);
    SignalArray words = rig.words(1);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    long[][] ranges = {
      {0, 65},
      {1, 64},
      {64, 1},
      {65, 0},
      {-1, 1},
      {0, -1},
      {Long.MAX_VALUE, 1},
      {1, Long.MAX_VALUE},
      {Long.MIN_VALUE, 8},
      {1L << 32, 4}
    };
    rig.set(large.at(0), 1);
    for (long[] range : ranges) {
      long at = range[0];
      long length = range[1];
      String what = length + " bytes at " + at + " of 64";
      Check.refuses(
          "put from " + what,
          () -> transfers.put(stream, small.at(0), at, large.at(1), 0, length, Transport.AUTO));
      Check.refuses(
          "put to " + what,
          () -> transfers.put(stream, large.at(0), 0, small.at(1), at, length, Transport.AUTO));
      Check.refuses(
          "get from " + what,
          () -> transfers.get(stream, small.at(1), at, large.at(0), 0, length, Transport.AUTO));
      Check.refuses(
          "get to " + what,
          () -> transfers.get(stream, large.at(1), 0, small.at(0), at, length, Transport.AUTO));
      Check.refuses(
          "fill of " + what, () -> transfers.fill(stream, small.at(0), at, length, (byte) 1));
      Check.refuses(
          "putSignal to " + what,
          () ->
              transfers.putSignal(
                  stream,
                  large.at(0),
                  0,
                  small.at(1),
                  at,
                  length,
                  Transport.AUTO,
                  words,
                  0,
                  epoch));
    }
    Check.refuses(
        "put2d whose last row is outside",
        () ->
            transfers.put2d(stream, large.at(0), 0, 17, small.at(1), 0, 17, 16, 4, Transport.AUTO));
    Check.refuses(
        "put2d from outside",
        () ->
            transfers.put2d(stream, small.at(0), 0, 17, large.at(1), 0, 17, 16, 4, Transport.AUTO));
    Check.refuses(
        "put2d of −1 rows",
        () -> transfers.put2d(stream, small.at(0), 0, 8, large.at(1), 0, 8, 8, -1, Transport.AUTO));
    Check.refuses(
        "put2d whose size overflows",
        () ->
            transfers.put2d(
                stream,
                small.at(0),
                0,
                1L << 62,
                large.at(1),
                0,
                1L << 62,
                8,
                1L << 40,
                Transport.AUTO));
    Check.refuses(
        "a word that does not exist",
        () ->
            transfers.putSignal(
                stream, large.at(0), 0, large.at(1), 0, 8, Transport.AUTO, words, 1, epoch));
    stream.synchronize(Rig.DEADLINE);
    for (SymmetricBuffer buffer : List.of(small, large)) {
      Check.all("memory of rank 1 after refused transfers", 0, rig.read(buffer.at(1)));
    }
    Check.equal("word after a refused putSignal", 0L, rig.backend.signals().read(words, 1, 0));
  }

  @Rule({"XFER-5", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void memoryOfTheWrongRankIsRefused(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    SymmetricBuffer box = rig.symmetric(64);
    Stream stream = rig.stream(0);
    Check.refusesNaming(
        "put from memory of another rank",
        "source|rank",
        () -> transfers.put(stream, box.at(1), 0, box.at(0), 0, 8, Transport.AUTO));
    Check.refusesNaming(
        "get to memory of another rank",
        "target|rank",
        () -> transfers.get(stream, box.at(0), 0, box.at(1), 0, 8, Transport.AUTO));
    Check.refusesNaming(
        "fill of memory of another rank",
        "target|rank",
        () -> transfers.fill(stream, box.at(1), 0, 8, (byte) 1));
    stream.synchronize(Rig.DEADLINE);
    Check.all("memory of rank 1", 0, rig.read(box.at(1)));
  }

  @Rule({"XFER-6", "CAP-2"})
  @ConformanceTest(Worlds.PAIR)
  void computeUnitsReachPeersOnlyWithPeerAccess(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    SymmetricBuffer box = rig.symmetric(64);
    DeviceMemory local = rig.memory(0, 64);
    SignalArray words = rig.words(1);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    transfers.put(stream, box.at(0), 0, local, 0, 64, Transport.COMPUTE);
    for (Transport transport : new Transport[] {Transport.AUTO, Transport.COPY_ENGINE}) {
      transfers.put(stream, box.at(0), 0, box.at(1), 0, 64, transport);
      transfers.get(stream, box.at(1), 0, local, 0, 64, transport);
    }
    boolean refused =
        kit.refused(
            Capability.PEER_ACCESS,
            rig.backend,
            () -> transfers.get(stream, box.at(1), 0, local, 0, 8, Transport.COMPUTE));
    if (refused) {
      kit.refused(
          Capability.PEER_ACCESS,
          rig.backend,
          () ->
              transfers.putSignal(
                  stream, box.at(0), 0, box.at(1), 0, 8, Transport.COMPUTE, words, 0, epoch));
    }
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule("XFER-7")
  @ConformanceTest(value = Worlds.ONE, fullOnly = true, seconds = 120)
  void offsetsAndLengthsBeyondTwoGigabytesWork(Kit kit) {
    Rig rig = kit.rig();
    long memory = rig.backend.device(0).info().memoryBytes();
    long size = (1L << 31) + (1 << 20);
    kit.assume(
        memory >= 4 * size,
        "needs %d MiB of device memory, there are %d",
        (4 * size) >> 20,
        memory >> 20);
    DeviceMemory one = rig.memory(0, size);
    DeviceMemory two = rig.memory(0, size);
    Stream stream = rig.stream(0);
    Transfers transfers = rig.backend.transfers();
    transfers.fill(stream, one, 0, size, (byte) 7);
    byte[] mark = Rig.bytes(kit.random(), 4096);
    stream.synchronize(Rig.DEADLINE);
    rig.write(one, size - 5000, mark);
    transfers.put(stream, one, 3, two, 1, size - 3, Transport.AUTO);
    stream.synchronize(java.time.Duration.ofSeconds(60));
    Check.bytes("bytes beyond 2³¹", mark, rig.read(two, size - 5002, 4096));
    Check.all("bytes at 2³¹", 7, rig.read(two, (1L << 31) - 100, 200));
    transfers.put2d(
        stream, two, size - 5002, 2048, one, 5, (1L << 30) + 3, 2048, 2, Transport.AUTO);
    transfers.get(stream, one, (1L << 30) + 8, two, 0, 2048, Transport.AUTO);
    stream.synchronize(Rig.DEADLINE);
    Check.bytes(
        "second row of a put2d with a pitch of 2³⁰",
        Arrays.copyOfRange(mark, 2048, 4096),
        rig.read(two, 0, 2048));
  }

  @Rule("XFER-8")
  @ConformanceTest(Worlds.TRIO)
  void transfersToDifferentPeersProceedAtTheSameTime(Kit kit) {
    Rig rig = kit.rig();
    kit.assume(rig.has(Capability.TIMED_EVENTS), "needs timed events to measure");
    int size = 32 << 20;
    DeviceMemory source = rig.memory(0, size);
    SymmetricBuffer box = rig.symmetric(size);
    var device = rig.backend.device(0);
    double[] nanos = new double[2];
    for (int both = 0; both < 2; both++) {
      Stream one = rig.stream(0);
      Stream two = rig.stream(0);
      var start = rig.own(device.newEvent(true));
      var end = rig.own(device.newEvent(true));
      var join = rig.event(0);
      one.record(start);
      two.await(start);
      rig.backend.transfers().put(one, source, 0, box.at(1), 0, size, Transport.COPY_ENGINE);
      rig.backend
          .transfers()
          .put(both == 1 ? two : one, source, 0, box.at(2), 0, size, Transport.COPY_ENGINE);
      two.record(join);
      one.await(join);
      one.record(end);
      one.synchronize(Rig.DEADLINE);
      nanos[both] = end.nanosSince(start);
    }
    kit.should(
        nanos[1] < 0.85 * nanos[0],
        "two transfers took %.0f µs on one stream and %.0f µs on two",
        nanos[0] / 1e3,
        nanos[1] / 1e3);
  }
}
