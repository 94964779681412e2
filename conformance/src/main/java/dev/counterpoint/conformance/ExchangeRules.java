package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Stream;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Chapter 10: sending to one rank while receiving from one. */
@DisplayName("Exchanges between pairs of ranks")
class ExchangeRules {
  private static final int[] COUNTS = {0, 1, 5, 1021};
  private static final int GUARD = 16;

  @Rule({"COLL-1", "COLL-6", "COLL-7"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void everyShiftDeliversTheSourcesElements(Kit kit) {
    Rig rig = kit.rig();
    for (int shift = 0; shift < rig.ranks; shift++) {
      int[] targets = new int[rig.ranks];
      for (int rank = 0; rank < rig.ranks; rank++) {
        targets[rank] = (rank + shift) % rig.ranks;
      }
      for (int count : COUNTS) {
        kit.at("shift by %d, %d elements", shift, count);
        exchange(kit, rig, targets, count);
      }
    }
  }

  @Rule("COLL-1")
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void anyPermutationWorks(Kit kit) {
    Rig rig = kit.rig();
    int[] targets = new int[rig.ranks];
    Arrays.setAll(targets, rank -> rank);
    for (int round = 0; round < 4; round++) {
      for (int rank = rig.ranks - 1; rank > 0; rank--) {
        int other = kit.random().nextInt(rank + 1);
        int kept = targets[rank];
        targets[rank] = targets[other];
        targets[other] = kept;
      }
      kit.at("targets %s", Arrays.toString(targets));
      exchange(kit, rig, targets, 129);
    }
  }

  private static void exchange(Kit kit, Rig rig, int[] targets, int count) {
    int bytes = count * 4;
    byte[][] sent = new byte[rig.ranks][];
    int[] sources = new int[rig.ranks];
    DeviceMemory[] send = new DeviceMemory[rig.ranks];
    DeviceMemory[] receive = new DeviceMemory[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      sources[targets[rank]] = rank;
      sent[rank] = Rig.bytes(kit.random(), bytes);
      send[rank] = rig.memory(rank, bytes + (long) GUARD);
      rig.write(send[rank], GUARD, sent[rank]);
      receive[rank] = rig.memory(rank, bytes + 2L * GUARD);
      rig.set(receive[rank], Matrix.CANARY);
    }
    Stream[] streams = rig.streams();
    rig.onEachRank(
        r ->
            rig.backend
                .collectives()
                .sendReceive(
                    streams[r],
                    targets[r],
                    send[r],
                    GUARD,
                    sources[r],
                    receive[r],
                    GUARD,
                    count,
                    DType.FP32));
    rig.settle();
    for (int rank = 0; rank < rig.ranks; rank++) {
      byte[] wanted = new byte[bytes + 2 * GUARD];
      Arrays.fill(wanted, Matrix.CANARY);
      System.arraycopy(sent[sources[rank]], 0, wanted, GUARD, bytes);
      Check.bytes("what rank " + rank + " received", wanted, rig.read(receive[rank]));
    }
  }

  @Rule({"COLL-8", "COLL-6", "COLL-7"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void blocksThatDifferArriveInTheOrderOfTheirSources(Kit kit) {
    Rig rig = kit.rig();
    for (int round = 0; round < kit.rounds(4, 20); round++) {
      long[][] counts = new long[rig.ranks][rig.ranks];
      for (long[] row : counts) {
        // Round 0 has nothing to send at all; later ones have some empty blocks and a long one.
        for (int to = 0; to < rig.ranks && round > 0; to++) {
          row[to] = kit.random().nextInt(3) == 0 ? 0 : kit.random().nextInt(60);
        }
      }
      counts[rig.ranks - 1][0] = round == 1 ? 700_001 : counts[rig.ranks - 1][0];
      Splits splits = Splits.of(counts);
      Splits some = round % 2 == 0 ? splits : splits.shifted(kit.random().nextInt(rig.ranks));
      kit.at("counts %s", some);
      exchange(kit, rig, some);
    }
  }

  private static void exchange(Kit kit, Rig rig, Splits counts) {
    byte[][] sent = new byte[rig.ranks][];
    DeviceMemory[] send = new DeviceMemory[rig.ranks];
    DeviceMemory[] receive = new DeviceMemory[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      sent[rank] = Rig.bytes(kit.random(), (int) counts.sent(rank) * 2);
      send[rank] = rig.memory(rank, sent[rank].length + (long) GUARD);
      rig.write(send[rank], GUARD, sent[rank]);
      receive[rank] = rig.memory(rank, counts.received(rank) * 2 + 2L * GUARD);
      rig.set(receive[rank], Matrix.CANARY);
    }
    Stream[] streams = rig.streams();
    rig.onEachRank(
        r ->
            rig.backend
                .collectives()
                .allToAllV(streams[r], send[r], GUARD, receive[r], GUARD, counts, DType.BF16));
    rig.settle();
    for (int rank = 0; rank < rig.ranks; rank++) {
      byte[] wanted = new byte[(int) receive[rank].bytes()];
      Arrays.fill(wanted, Matrix.CANARY);
      int at = GUARD;
      for (int source = 0; source < rig.ranks; source++) {
        int bytes = (int) counts.count(source, rank) * 2;
        int from = (int) counts.sendStart(source, rank) * 2;
        System.arraycopy(sent[source], from, wanted, at, bytes);
        at += bytes;
      }
      Check.bytes("what rank " + rank + " received", wanted, rig.read(receive[rank]));
    }
  }

  @Rule({"COLL-8", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void countsThatDoNotFitAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory good = rig.memory(0, 64);
    DeviceMemory other = rig.memory(0, 64);
    Collectives c = rig.backend.collectives();
    long[][] many = new long[rig.ranks][rig.ranks];
    many[0][0] = 17;
    Check.refusesNaming(
        "counts of another world",
        "counts",
        () -> c.allToAllV(stream, good, 0, other, 0, Splits.of(new long[1][1]), DType.FP32));
    Check.refuses(
        "more than there is room for",
        () -> c.allToAllV(stream, good, 0, other, 0, Splits.of(many), DType.FP32));
    Check.refusesNaming("a count below nothing", "splits", () -> Splits.of(new long[][] {{-1}}));
    stream.synchronize(Rig.DEADLINE);
  }

  @Rule({"COLL-1", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void ranksThatDoNotExistAndShortMemoryAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory good = rig.memory(0, 64);
    DeviceMemory other = rig.memory(0, 64);
    Collectives c = rig.backend.collectives();
    Check.refusesNaming(
        "sendReceive to a rank outside the world",
        "target",
        () -> c.sendReceive(stream, rig.ranks, good, 0, 1, other, 0, 16, DType.FP32));
    Check.refusesNaming(
        "sendReceive from rank −1",
        "source",
        () -> c.sendReceive(stream, 1, good, 0, -1, other, 0, 16, DType.FP32));
    Check.refuses(
        "sendReceive from too little",
        () -> c.sendReceive(stream, 1, good, 4, 1, other, 0, 16, DType.FP32));
    Check.refuses(
        "sendReceive to too little",
        () -> c.sendReceive(stream, 1, good, 0, 1, other, 4, 16, DType.FP32));
    stream.synchronize(Rig.DEADLINE);
  }
}
