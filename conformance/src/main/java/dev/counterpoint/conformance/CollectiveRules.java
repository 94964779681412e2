package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Target;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Chapter 10: collectives. */
@DisplayName("Collectives")
class CollectiveRules {
  private static final int[] COUNTS = {0, 1, 3, 64, 1021};
  private static final DType[] SUMMED = {DType.FP32, DType.FP16, DType.BF16, DType.INT32};
  private static final int OFFSET = 32;

  /** Send and receive memory of every rank, with guards. */
  private static final class Table {
    final Rig rig;
    final byte[][] sent;
    final DeviceMemory[] send;
    final DeviceMemory[] receive;
    final int receiveBytes;

    Table(Kit kit, Rig rig, int sendBytes, int receiveBytes) {
      this.rig = rig;
      this.receiveBytes = receiveBytes;
      sent = new byte[rig.ranks][];
      send = new DeviceMemory[rig.ranks];
      receive = new DeviceMemory[rig.ranks];
      for (int rank = 0; rank < rig.ranks; rank++) {
        sent[rank] = Rig.bytes(kit.random(), sendBytes);
        send[rank] = rig.memory(rank, sendBytes + OFFSET);
        rig.write(send[rank], OFFSET, sent[rank]);
        receive[rank] = rig.memory(rank, receiveBytes + 2L * OFFSET);
        rig.set(receive[rank], Matrix.CANARY);
      }
    }

    void check(String what, int rank, byte[] wanted) {
      byte[] seen = rig.read(receive[rank]);
      Check.bytes(
          what + " at rank " + rank,
          wanted,
          Arrays.copyOfRange(seen, OFFSET, OFFSET + receiveBytes));
      Check.all("bytes before what " + what + " fills", Matrix.CANARY, Arrays.copyOf(seen, OFFSET));
      Check.all(
          "bytes behind what " + what + " fills",
          Matrix.CANARY,
          Arrays.copyOfRange(seen, OFFSET + receiveBytes, seen.length));
    }
  }

  private static void onStreams(Rig rig, java.util.function.ObjIntConsumer<Stream> call) {
    Stream[] streams = rig.streams();
    rig.onEachRank(rank -> call.accept(streams[rank], rank));
    rig.settle();
  }

  @Rule({"COLL-1", "COLL-6", "COLL-7"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void allGatherPutsEveryBlockInItsPlace(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : new DType[] {DType.FP32, DType.BF16, DType.INT8}) {
      for (int count : COUNTS) {
        kit.at("%d elements of %s", count, type);
        int bytes = count * type.bytes();
        Table table = new Table(kit, rig, bytes, bytes * rig.ranks);
        onStreams(
            rig,
            (stream, r) ->
                rig.backend
                    .collectives()
                    .allGather(
                        stream, table.send[r], OFFSET, table.receive[r], OFFSET, count, type));
        byte[] wanted = new byte[bytes * rig.ranks];
        for (int rank = 0; rank < rig.ranks; rank++) {
          System.arraycopy(table.sent[rank], 0, wanted, rank * bytes, bytes);
        }
        for (int rank = 0; rank < rig.ranks; rank++) {
          table.check("allGather", rank, wanted);
        }
      }
    }
  }

  @Rule({"COLL-1", "COLL-6", "COLL-7"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void allToAllExchangesBlocks(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : new DType[] {DType.INT32, DType.FP16}) {
      for (int count : COUNTS) {
        kit.at("%d elements of %s", count, type);
        int bytes = count * type.bytes();
        Table table = new Table(kit, rig, bytes * rig.ranks, bytes * rig.ranks);
        onStreams(
            rig,
            (stream, r) ->
                rig.backend
                    .collectives()
                    .allToAll(
                        stream, table.send[r], OFFSET, table.receive[r], OFFSET, count, type));
        for (int rank = 0; rank < rig.ranks; rank++) {
          byte[] wanted = new byte[bytes * rig.ranks];
          for (int from = 0; from < rig.ranks; from++) {
            System.arraycopy(table.sent[from], rank * bytes, wanted, from * bytes, bytes);
          }
          table.check("allToAll", rank, wanted);
        }
      }
    }
  }

  @Rule({"COLL-1", "COLL-5", "COLL-6", "COLL-7"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void broadcastSpreadsTheRootsElements(Kit kit) {
    Rig rig = kit.rig();
    for (int count : COUNTS) {
      int root = count % rig.ranks;
      kit.at("%d elements from root %d", count, root);
      Table table = new Table(kit, rig, count * 4, count * 4);
      onStreams(
          rig,
          (stream, r) ->
              rig.backend
                  .collectives()
                  .broadcast(
                      stream,
                      root,
                      table.send[r],
                      OFFSET,
                      table.receive[r],
                      OFFSET,
                      count,
                      DType.FP32));
      for (int rank = 0; rank < rig.ranks; rank++) {
        table.check("broadcast", rank, table.sent[root]);
      }
      onStreams(
          rig,
          (stream, r) ->
              rig.backend
                  .collectives()
                  .broadcast(
                      stream,
                      root,
                      table.send[r],
                      OFFSET,
                      r == root ? table.send[r] : table.receive[r],
                      OFFSET,
                      count,
                      DType.FP32));
      Check.bytes(
          "the root's elements after a broadcast in place",
          table.sent[root],
          rig.read(table.send[root], OFFSET, count * 4L));
    }
  }

  private static Matrix[] numbers(Kit kit, Rig rig, DType type, int count, boolean integers) {
    Matrix[] numbers = new Matrix[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      numbers[rank] = Matrix.random(kit.random(), type, 1, count, Math.max(1, count), integers);
    }
    return numbers;
  }

  private static Expected sums(Matrix[] numbers, boolean exact) {
    Expected sums = new Expected(1, numbers[0].cols);
    sums.ranks = numbers.length;
    sums.exact = exact;
    for (Matrix row : numbers) {
      for (int i = 0; i < row.cols; i++) {
        sums.add(0, i, row.at(0, i), Math.abs(row.at(0, i)));
      }
    }
    return sums;
  }

  @Rule({"COLL-2", "COLL-3", "COLL-5", "COLL-6", "COLL-7", "NUM-2"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void allReduceGivesEveryoneTheSameSums(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : SUMMED) {
      for (int count : COUNTS) {
        for (int way = 0; way < 3; way++) {
          boolean integers = way == 0;
          boolean inPlace = way == 2;
          kit.at(
              "%d %s of %s%s",
              count, integers ? "integers" : "reals", type, inPlace ? ", in place" : "");
          Matrix[] numbers = numbers(kit, rig, type, count, integers);
          Expected wanted = sums(numbers, integers);
          DeviceMemory[] send = new DeviceMemory[rig.ranks];
          DeviceMemory[] receive = new DeviceMemory[rig.ranks];
          for (int rank = 0; rank < rig.ranks; rank++) {
            send[rank] = rig.memory(rank, numbers[rank].layout());
            receive[rank] = inPlace ? send[rank] : rig.memory(rank, (long) count * type.bytes());
          }
          onStreams(
              rig,
              (stream, r) ->
                  rig.backend
                      .collectives()
                      .allReduce(stream, send[r], 0, receive[r], 0, count, type));
          byte[] first = rig.read(receive[0]);
          for (int rank = 0; rank < rig.ranks; rank++) {
            byte[] seen = rig.read(receive[rank]);
            wanted.check(
                "sums at rank " + rank, Matrix.parse(type, 1, count, Math.max(1, count), seen, 0));
            Check.bytes("sums at rank " + rank + " against those at rank 0", first, seen);
            if (!inPlace) {
              Check.bytes(
                  "what was sent by rank " + rank, numbers[rank].layout(), rig.read(send[rank]));
            }
          }
        }
      }
    }
  }

  @Rule({"COLL-2", "COLL-6", "COLL-7", "NUM-2"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void reduceScatterGivesEachRankItsBlockOfTheSums(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : SUMMED) {
      for (int count : COUNTS) {
        boolean integers = count % 2 == 1;
        kit.at("%d %s of %s", count, integers ? "integers" : "reals", type);
        Matrix[] numbers = numbers(kit, rig, type, count * rig.ranks, integers);
        Expected all = sums(numbers, integers);
        DeviceMemory[] send = new DeviceMemory[rig.ranks];
        DeviceMemory[] receive = new DeviceMemory[rig.ranks];
        for (int rank = 0; rank < rig.ranks; rank++) {
          send[rank] = rig.memory(rank, numbers[rank].layout());
          receive[rank] = rig.memory(rank, (long) count * type.bytes());
        }
        onStreams(
            rig,
            (stream, r) ->
                rig.backend
                    .collectives()
                    .reduceScatter(stream, send[r], 0, receive[r], 0, count, type));
        for (int rank = 0; rank < rig.ranks; rank++) {
          Matrix seen =
              Matrix.parse(type, 1, count, Math.max(1, count), rig.read(receive[rank]), 0);
          Expected mine = new Expected(1, count);
          mine.ranks = rig.ranks;
          mine.exact = integers;
          for (int i = 0; i < count; i++) {
            mine.add(0, i, all.values[rank * count + i], all.magnitudes[rank * count + i]);
          }
          mine.check("block of rank " + rank, seen);
        }
      }
    }
  }

  @Rule("COLL-5")
  @ConformanceTest(Worlds.SEVERAL)
  void allGatherWorksInPlace(Kit kit) {
    Rig rig = kit.rig();
    int bytes = 100 * 4;
    DeviceMemory[] whole = new DeviceMemory[rig.ranks];
    byte[] wanted = Rig.bytes(kit.random(), bytes * rig.ranks);
    for (int rank = 0; rank < rig.ranks; rank++) {
      whole[rank] = rig.memory(rank, (long) bytes * rig.ranks);
      rig.set(whole[rank], Matrix.CANARY);
      rig.write(
          whole[rank],
          (long) rank * bytes,
          Arrays.copyOfRange(wanted, rank * bytes, (rank + 1) * bytes));
    }
    onStreams(
        rig,
        (stream, r) ->
            rig.backend
                .collectives()
                .allGather(stream, whole[r], r * (long) bytes, whole[r], 0, 100, DType.FP32));
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.bytes("allGather in place at rank " + rank, wanted, rig.read(whole[rank]));
    }
  }

  @Rule({"COLL-4", "STR-1", "COLL-6"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void collectivesTakePartInStreamOrder(Kit kit) {
    Rig rig = kit.rig();
    int rounds = kit.rounds(30, 200);
    int n = rig.ranks;
    DeviceMemory[] logs = new DeviceMemory[n];
    rig.onEachRank(
        rank -> {
          Stream stream = rig.stream(rank);
          DeviceMemory cell = rig.memory(rank, 4);
          DeviceMemory sum = rig.memory(rank, 4);
          logs[rank] = rig.memory(rank, 4L * rounds);
          Collectives collectives = rig.backend.collectives();
          for (int round = 0; round < rounds; round++) {
            rig.backend.transfers().fill(stream, cell, 0, 4, (byte) (round % 11));
            collectives.allReduce(stream, cell, 0, sum, 0, 1, DType.INT32);
            collectives.broadcast(stream, round % n, cell, 0, cell, 0, 0, DType.INT32);
            rig.backend.transfers().fill(stream, cell, 0, 4, (byte) 99);
            rig.backend
                .transfers()
                .put(
                    stream, sum, 0, logs[rank], 4L * round, 4, dev.counterpoint.spi.Transport.AUTO);
          }
        });
    rig.settle();
    for (int rank = 0; rank < n; rank++) {
      int[] seen = Rig.ints(rig.read(logs[rank]));
      for (int round = 0; round < rounds; round++) {
        Check.equal(
            "sum of round " + round + " at rank " + rank,
            (round % 11) * 0x01010101 * n,
            seen[round]);
      }
    }
  }

  @Rule({"COLL-4", "STR-3"})
  @ConformanceTest(Worlds.SEVERAL)
  void aCollectiveThatWaitsForItsPeersHoldsOnlyItsStream(Kit kit) {
    Rig rig = kit.rig();
    SignalArray words = rig.words(1);
    Stream[] streams = rig.streams();
    Stream[] sides = rig.streams();
    Epoch epoch = rig.epoch(rig.ranks - 1);
    DeviceMemory[] cells = new DeviceMemory[rig.ranks];
    for (int rank = 0; rank < rig.ranks; rank++) {
      cells[rank] = rig.memory(rank, Rig.ints(rank + 1));
    }
    // The last rank joins only after a signal that the first rank sends from another stream, after
    // its own call.
    int last = rig.ranks - 1;
    rig.backend.signals().await(streams[last], words, 0, epoch, new Target(0, 1));
    rig.onEachRank(
        rank -> {
          rig.backend
              .collectives()
              .allReduce(streams[rank], cells[rank], 0, cells[rank], 0, 1, DType.INT32);
          if (rank == 0) {
            rig.backend.signals().add(sides[0], words, last, 0, 1);
          }
        });
    rig.settle();
    for (int rank = 0; rank < rig.ranks; rank++) {
      Check.equal(
          "sum at rank " + rank,
          rig.ranks * (rig.ranks + 1) / 2,
          Rig.ints(rig.read(cells[rank]))[0]);
    }
  }

  @Rule({"COLL-1", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void wrongBuffersAreRefused(Kit kit) {
    Rig rig = kit.rig();
    Stream stream = rig.stream(0);
    DeviceMemory small = rig.memory(0, 63);
    DeviceMemory good = rig.memory(0, 64L * rig.ranks);
    DeviceMemory elsewhere = rig.memory(1, 64L * rig.ranks);
    Collectives c = rig.backend.collectives();
    Check.refuses(
        "allReduce from too little", () -> c.allReduce(stream, small, 0, good, 0, 16, DType.FP32));
    Check.refuses(
        "allReduce to too little", () -> c.allReduce(stream, good, 0, small, 0, 16, DType.FP32));
    Check.refuses(
        "allGather to too little", () -> c.allGather(stream, good, 0, good, 8, 16, DType.FP32));
    Check.refuses(
        "reduceScatter from too little",
        () -> c.reduceScatter(stream, good, 8, good, 0, 16, DType.FP32));
    Check.refuses(
        "allToAll of a negative count", () -> c.allToAll(stream, good, 0, good, 0, -1, DType.FP32));
    Check.refuses(
        "allReduce of a count that overflows",
        () -> c.allReduce(stream, good, 0, good, 0, Long.MAX_VALUE / 2, DType.FP32));
    Check.refuses(
        "broadcast from a rank that does not exist",
        () -> c.broadcast(stream, rig.ranks, good, 0, good, 0, 1, DType.FP32));
    Check.refuses(
        "broadcast from rank −1", () -> c.broadcast(stream, -1, good, 0, good, 0, 1, DType.FP32));
    Check.refuses(
        "memory of another rank", () -> c.allReduce(stream, elsewhere, 0, good, 0, 1, DType.FP32));
    Check.refuses(
        "memory of another rank", () -> c.allReduce(stream, good, 0, elsewhere, 0, 1, DType.FP32));
    stream.synchronize(Rig.DEADLINE);
    Table table = new Table(kit, rig, 4, 4 * rig.ranks);
    onStreams(
        rig,
        (s, r) -> c.allGather(s, table.send[r], OFFSET, table.receive[r], OFFSET, 1, DType.FP32));
    Check.bytes(
        "allGather after refused calls", table.sent[1], rig.read(table.receive[0], OFFSET + 4L, 4));
  }
}
