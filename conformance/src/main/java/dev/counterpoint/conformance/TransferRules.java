package dev.counterpoint.conformance;

import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Target;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Chapter 7: transfers. */
@DisplayName("Transfers")
class TransferRules {
  private static final int FIELD = 6000;

  private enum Kind {
    PUT,
    GET,
    PUT_SIGNAL
  }

  private static List<Transport> transports(Rig rig) {
    List<Transport> all = new ArrayList<>(List.of(Transport.AUTO, Transport.COPY_ENGINE));
    if (rig.has(Capability.PEER_ACCESS)) {
      all.add(Transport.COMPUTE);
    }
    return all;
  }

  @Rule({"XFER-1", "XFER-6"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void exactlyTheBytesNamedAreMoved(Kit kit) {
    Rig rig = kit.rig();
    SymmetricBuffer field = rig.symmetric(FIELD);
    SignalArray words = rig.words(1);
    Epoch epoch = rig.epoch(0);
    DeviceMemory own = rig.memory(0, FIELD);
    Stream stream = rig.stream(0);
    for (Transport transport : transports(rig)) {
      for (Kind kind : Kind.values()) {
        Property.of(kit, "source offset", 0, 40, "target offset", 0, 40, "length", 0, 5000)
            .check(
                kit.rounds(25, 250),
                (values, random) -> {
                  int from = values[0];
                  int to = values[1];
                  int length = values[2];
                  boolean get = kind == Kind.GET;
                  byte[] source = Rig.bytes(random, FIELD);
                  DeviceMemory target = get ? own : field.at(1);
                  DeviceMemory origin = get ? field.at(1) : own;
                  rig.write(origin, 0, source);
                  rig.set(target, Matrix.CANARY);
                  Transfers transfers = rig.backend.transfers();
                  switch (kind) {
                    case PUT -> transfers.put(stream, origin, from, target, to, length, transport);
                    case GET -> transfers.get(stream, origin, from, target, to, length, transport);
                    case PUT_SIGNAL ->
                        transfers.putSignal(
                            stream, origin, from, target, to, length, transport, words, 0, epoch);
                  }
                  stream.synchronize(Rig.DEADLINE);
                  byte[] wanted = new byte[FIELD];
                  Arrays.fill(wanted, Matrix.CANARY);
                  System.arraycopy(source, from, wanted, to, length);
                  Check.bytes(kind + " by " + transport, wanted, rig.read(target));
                  Check.bytes("the source of a " + kind, source, rig.read(origin));
                });
      }
    }
  }

  @Rule("XFER-1")
  @ConformanceTest(Worlds.PAIR)
  void twoDimensionalPutsLeaveTheGapsAlone(Kit kit) {
    Rig rig = kit.rig();
    SymmetricBuffer field = rig.symmetric(FIELD);
    DeviceMemory own = rig.memory(0, FIELD);
    Stream stream = rig.stream(0);
    for (Transport transport : transports(rig)) {
      for (int to = 0; to < 2; to++) {
        DeviceMemory target = field.at(to);
        Property.of(
                kit,
                "row bytes",
                0,
                70,
                "rows",
                0,
                30,
                "source gap",
                0,
                20,
                "target gap",
                0,
                20,
                "offset",
                0,
                17)
            .check(
                kit.rounds(25, 200),
                (values, random) -> {
                  int rowBytes = values[0];
                  int rows = values[1];
                  int sourcePitch = rowBytes + values[2];
                  int targetPitch = rowBytes + values[3];
                  int offset = values[4];
                  byte[] source = Rig.bytes(random, FIELD);
                  rig.write(own, 0, source);
                  rig.set(target, Matrix.CANARY);
                  rig.backend
                      .transfers()
                      .put2d(
                          stream,
                          own,
                          offset,
                          sourcePitch,
                          target,
                          2L * offset,
                          targetPitch,
                          rowBytes,
                          rows,
                          transport);
                  stream.synchronize(Rig.DEADLINE);
                  byte[] wanted = new byte[FIELD];
                  Arrays.fill(wanted, Matrix.CANARY);
                  for (int row = 0; row < rows; row++) {
                    System.arraycopy(
                        source,
                        offset + row * sourcePitch,
                        wanted,
                        2 * offset + row * targetPitch,
                        rowBytes);
                  }
                  Check.bytes("put2d by " + transport, wanted, rig.read(target));
                });
      }
    }
  }

  @Rule({"XFER-2", "STR-1"})
  @ConformanceTest(value = Worlds.PAIR, chaos = true)
  void aTransferReadsWhatEarlierWorkWroteAndItsSourceMayBeOverwritten(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    Stream stream = rig.stream(0);
    int size = 30_000;
    int rounds = kit.rounds(40, 200);
    DeviceMemory cell = rig.memory(0, size);
    DeviceMemory remote = rig.symmetric((long) size * rounds).at(1);
    for (Transport transport : transports(rig)) {
      for (int round = 0; round < rounds; round++) {
        transfers.fill(stream, cell, 0, size, (byte) (round + 1));
        transfers.put(stream, cell, 0, remote, (long) round * size, size, transport);
        transfers.fill(stream, cell, 0, size, (byte) 0);
        transfers.get(stream, remote, (long) round * size, cell, 0, size / 2, transport);
        transfers.put(stream, cell, 0, remote, (long) round * size + size / 2, size / 2, transport);
      }
      stream.synchronize(Rig.DEADLINE);
      for (int round = 0; round < rounds; round++) {
        Check.all(
            transport + ", round " + round, round + 1, rig.read(remote, (long) round * size, size));
      }
    }
  }

  @Rule({"XFER-3", "SIG-3", "SIG-4"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void theSignalOfAPutIsNotSeenBeforeItsBytes(Kit kit) {
    Rig rig = kit.rig();
    for (Transport transport : transports(rig)) {
      for (int size : new int[] {1, 7, 64, 1000, 16_384, 100_003}) {
        dataBeforeSignal(
            kit, rig, transport, size, size > 20_000 ? kit.rounds(8, 15) : kit.rounds(20, 60));
      }
    }
  }

  /**
   * Every rank puts a new message to every other each round; the reader copies it away as soon as
   * its signal is there.
   */
  private static void dataBeforeSignal(
      Kit kit, Rig rig, Transport transport, int size, int rounds) {
    kit.at("%d rounds of %d bytes by %s", rounds, size, transport);
    int n = rig.ranks;
    Signals signals = rig.backend.signals();
    SymmetricBuffer box = rig.symmetric((long) size * n);
    SignalArray arrived = rig.words(n);
    SignalArray consumed = rig.words(n);
    byte[][] content = new byte[n][];
    DeviceMemory[][] logs = new DeviceMemory[n][n];
    for (int rank = 0; rank < n; rank++) {
      content[rank] = Rig.bytes(kit.random(), size * rounds);
      for (int from = 0; from < n; from++) {
        logs[rank][from] = rig.memory(rank, (long) size * rounds);
      }
    }
    rig.onEachRank(
        rank -> {
          Stream sender = rig.stream(rank);
          Stream receiver = rig.stream(rank);
          Epoch sent = rig.epoch(rank);
          Epoch received = rig.epoch(rank);
          DeviceMemory source = rig.memory(rank, content[rank]);
          for (int round = 0; round < rounds; round++) {
            signals.advance(sender, sent);
            signals.advance(receiver, received);
            for (int step = 1; step < n; step++) {
              int to = (rank + step) % n;
              signals.await(sender, consumed, to, sent, Target.PREVIOUS_LAUNCH);
              rig.backend
                  .transfers()
                  .putSignal(
                      sender,
                      source,
                      (long) round * size,
                      box.at(to),
                      (long) rank * size,
                      size,
                      transport,
                      arrived,
                      rank,
                      sent);
              int from = (rank + n - step) % n;
              signals.await(receiver, arrived, from, received, Target.THIS_LAUNCH);
              rig.backend
                  .transfers()
                  .put(
                      receiver,
                      box.at(rank),
                      (long) from * size,
                      logs[rank][from],
                      (long) round * size,
                      size,
                      Transport.AUTO);
              signals.set(receiver, consumed, from, rank, received);
            }
          }
        });
    rig.settle();
    for (int rank = 0; rank < n; rank++) {
      for (int from = 0; from < n; from++) {
        if (from != rank) {
          byte[] seen = rig.read(logs[rank][from]);
          int at = Arrays.mismatch(content[from], seen);
          Check.that(
              at < 0,
              "rank %d saw rank %d's signal of round %d before byte %d of %d",
              rank,
              from,
              at / size,
              at % size,
              size);
        }
      }
    }
  }

  @Rule({"XFER-4", "XFER-1"})
  @ConformanceTest(Worlds.PAIR)
  void nothingMayBeMovedAndStillSignals(Kit kit) {
    Rig rig = kit.rig();
    Transfers transfers = rig.backend.transfers();
    SymmetricBuffer box = rig.symmetric(16);
    SymmetricBuffer empty = rig.symmetric(0);
    SignalArray words = rig.words(2);
    Epoch epoch = rig.epoch(0);
    Stream stream = rig.stream(0);
    rig.backend.signals().advance(stream, epoch);
    for (Transport transport : transports(rig)) {
      transfers.put(stream, box.at(0), 16, box.at(1), 16, 0, transport);
      transfers.get(stream, box.at(1), 0, box.at(0), 0, 0, transport);
      transfers.put2d(stream, box.at(0), 0, 8, box.at(1), 0, 8, 0, 5, transport);
      transfers.put2d(stream, box.at(0), 0, 8, box.at(1), 0, 8, 8, 0, transport);
      transfers.putSignal(stream, box.at(0), 16, box.at(1), 16, 0, transport, words, 0, epoch);
      transfers.putSignal(stream, empty.at(0), 0, empty.at(1), 0, 0, transport, words, 1, epoch);
    }
    transfers.fill(stream, box.at(0), 16, 0, (byte) 1);
    stream.synchronize(Rig.DEADLINE);
    Check.equal("signal of a put of nothing", 1L, rig.backend.signals().read(words, 1, 0));
    Check.equal("signal of a put from and to nothing", 1L, rig.backend.signals().read(words, 1, 1));
    Check.all("memory", 0, rig.read(box.at(1)));
    Check.all("memory", 0, rig.read(box.at(0)));
  }

  @Rule("XFER-9")
  @ConformanceTest
  void fillSetsExactlyTheBytesNamed(Kit kit) {
    Rig rig = kit.rig();
    DeviceMemory memory = rig.memory(0, FIELD);
    Stream stream = rig.stream(0);
    Property.of(kit, "offset", 0, 40, "length", 0, 5900, "value", 0, 255)
        .check(
            kit.rounds(60, 500),
            (values, random) -> {
              rig.set(memory, Matrix.CANARY);
              rig.backend.transfers().fill(stream, memory, values[0], values[1], (byte) values[2]);
              stream.synchronize(Rig.DEADLINE);
              byte[] wanted = new byte[FIELD];
              Arrays.fill(wanted, Matrix.CANARY);
              Arrays.fill(wanted, values[0], values[0] + values[1], (byte) values[2]);
              Check.bytes("fill", wanted, rig.read(memory));
            });
  }
}
