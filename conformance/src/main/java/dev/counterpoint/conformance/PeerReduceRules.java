package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.Transport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;

/** Chapter 17: all-reduces by kernels. */
@DisplayName("All-reduce by kernels")
class PeerReduceRules {
  private static boolean refused(Kit kit, Rig rig) {
    return kit.refused(
        Capability.PEER_ALL_REDUCE,
        rig.backend,
        () -> AllReduces.prepare(rig, 1, 4, DType.FP32, Algorithm.AUTO));
  }

  @Rule({"PEER-1", "PEER-2", "PEER-3", "PEER-4"})
  @ConformanceTest(value = Worlds.ALL, chaos = true)
  void sumsOfAwkwardShapesAreTheSameBitsEverywhere(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    Stream[] streams = rig.streams();
    for (DType type : AllReduces.TYPES) {
      Property.of(
              kit,
              "rows",
              0,
              9,
              "columns",
              0,
              70,
              "padding",
              0,
              9,
              "aligned",
              0,
              1,
              "in place",
              0,
              1)
          .check(
              kit.rounds(6, 60),
              (v, random) -> {
                for (Algorithm algorithm : AllReduces.ALGORITHMS) {
                  kit.at("%s of %s", algorithm, type);
                  AllReduces all = new AllReduces(rig, type, v[0], v[1], v[2], v[3] == 1, random);
                  PreparedAllReduce prepared = all.prepare(algorithm);
                  Check.equal("algorithm", algorithm, prepared.algorithm());
                  if (v[4] == 0) {
                    all.run(prepared, streams);
                    all.check("sum");
                  } else {
                    rig.onEachRank(rank -> all.launchInPlace(prepared, streams[rank]));
                    rig.settle();
                    all.checkInPlace("sum in place");
                  }
                }
              });
    }
  }

  @Rule({"PEER-1", "PEER-2", "PEER-3"})
  @ConformanceTest(Worlds.SEVERAL)
  void longRowsAreSummed(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    Stream[] streams = rig.streams();
    List<Algorithm> algorithms = new ArrayList<>(AllReduces.ALGORITHMS);
    algorithms.add(Algorithm.AUTO);
    int[][] shapes = {{1, 8192}, {7, 4099}, {16, 2048}};
    for (int[] shape : shapes) {
      DType type = AllReduces.TYPES.get(kit.random().nextInt(AllReduces.TYPES.size()));
      for (Algorithm algorithm : algorithms) {
        kit.at("%d × %d of %s, %s", shape[0], shape[1], type, algorithm);
        boolean aligned = kit.random().nextBoolean();
        AllReduces all = new AllReduces(rig, type, shape[0], shape[1], 0, aligned, kit.random());
        PreparedAllReduce prepared = all.prepare(algorithm);
        Check.that(
            prepared.algorithm() != Algorithm.AUTO, "a prepared all-reduce has an algorithm");
        for (int launch = 0; launch < 3; launch++) {
          all.clear();
          all.run(prepared, streams);
          all.check("launch " + launch);
        }
      }
    }
  }

  /** Launches whose inputs are told apart by a byte that each element's bytes have. */
  private static final class Series {
    static final int ROWS = 3;
    static final int COLS = 37;
    static final int BYTES = ROWS * COLS * 2;
    static final long PITCH = 512;

    final Rig rig;
    final PreparedAllReduce prepared;
    final DeviceMemory[] inputs;
    final DeviceMemory[] outputs;
    final DeviceMemory[] logs;

    Series(Rig rig, Algorithm algorithm, int launches) {
      this.rig = rig;
      prepared = AllReduces.prepare(rig, ROWS, COLS, DType.BF16, algorithm);
      inputs = new DeviceMemory[rig.ranks];
      outputs = new DeviceMemory[rig.ranks];
      logs = new DeviceMemory[rig.ranks];
      for (int rank = 0; rank < rig.ranks; rank++) {
        inputs[rank] = rig.memory(rank, BYTES);
        outputs[rank] = rig.memory(rank, BYTES);
        logs[rank] = rig.memory(rank, PITCH * launches);
      }
    }

    private static byte value(int launch, int rank) {
      return (byte) (0x38 + (launch * 5 + rank * 3) % 13);
    }

    void reduce(Stream stream) {
      int rank = stream.rank();
      prepared.launch(stream, inputs[rank], 0, COLS, outputs[rank], 0, COLS);
    }

    void before(Stream stream, int launch) {
      int rank = stream.rank();
      rig.backend.transfers().fill(stream, inputs[rank], 0, BYTES, value(launch, rank));
    }

    void after(Stream stream, int launch) {
      int rank = stream.rank();
      rig.backend
          .transfers()
          .put(stream, outputs[rank], 0, logs[rank], PITCH * launch, BYTES, Transport.AUTO);
    }

    void launch(Stream stream, int launch) {
      before(stream, launch);
      reduce(stream);
      after(stream, launch);
    }

    void check(int launches) {
      for (int launch = 0; launch < launches; launch++) {
        float sum = element(launch, 0);
        for (int rank = 1; rank < rig.ranks; rank++) {
          sum += element(launch, rank);
        }
        byte[] wanted = new byte[BYTES];
        ByteBuffer buffer = ByteBuffer.wrap(wanted).order(ByteOrder.nativeOrder());
        for (int at = 0; at < BYTES; at += 2) {
          Numbers.put(buffer, at, DType.BF16, Numbers.encode(DType.BF16, sum));
        }
        for (int rank = 0; rank < rig.ranks; rank++) {
          Check.bytes(
              "launch " + launch + " at rank " + rank,
              wanted,
              rig.read(logs[rank], PITCH * launch, BYTES));
        }
      }
    }

    private static float element(int launch, int rank) {
      int half = value(launch, rank) & 0xff;
      return (float) Numbers.decode(DType.BF16, half << 8 | half);
    }
  }

  @Rule({"PEER-5", "DET-2"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true, seconds = 120)
  void launchesFollowOneAnotherWhileRanksAreLate(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int launches = rig.backend.device(0).info().emulated() ? kit.rounds(300, 1000) : 1000;
    for (Algorithm algorithm : AllReduces.ALGORITHMS) {
      kit.at("%s", algorithm);
      Stream[] streams = rig.streams();
      Series series = new Series(rig, algorithm, launches);
      Rig.Hold hold = rig.hold(rig.ranks - 1);
      hold.on(streams[rig.ranks - 1]);
      try (Delays delays = new Delays(kit.random().nextLong(), rig)) {
        rig.onEachRank(
            rank -> {
              for (int launch = 0; launch < launches; launch++) {
                if (rank == rig.ranks - 1 && launch == 40) {
                  hold.release(); // the others have been waiting since their first launch
                }
                delays.before(launch, rank, streams[rank]);
                series.launch(streams[rank], launch);
              }
            });
        rig.settle();
      }
      series.check(launches);
    }
  }

  @Rule({"PEER-5", "GRAPH-2", "GRAPH-5", "SIG-9"})
  @ConformanceTest(value = Worlds.SEVERAL, chaos = true)
  void replaysGoWithDirectLaunchesOfOtherRanks(Kit kit) {
    Rig rig = kit.rig();
    boolean graphs = rig.has(Capability.GRAPHS);
    if (refused(kit, rig)) {
      return;
    }
    kit.assume(graphs, "GRAPHS is not declared; its refusal is tested elsewhere");
    int launches = kit.rounds(24, 120);
    for (Algorithm algorithm : AllReduces.ALGORITHMS) {
      kit.at("%s", algorithm);
      Stream[] streams = rig.streams();
      Series series = new Series(rig, algorithm, launches);
      rig.onEachRank(
          rank -> {
            Stream stream = streams[rank];
            stream.beginCapture();
            series.reduce(stream);
            Graph graph = rig.own(stream.endCapture());
            for (int launch = 0; launch < launches; launch++) {
              series.before(stream, launch);
              if ((launch + rank) % 3 == 0) {
                series.reduce(stream);
              } else {
                graph.launch(stream);
              }
              series.after(stream, launch);
            }
          });
      rig.settle();
      series.check(launches);
    }
  }

  @Rule({"PEER-8", "LIFE-8"})
  @ConformanceTest(Worlds.PAIR)
  void severalAtOnceDoNotDisturbEachOther(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    int launches = kit.rounds(40, 200);
    Rig other = kit.open(kit.target().waitTimeout());
    List<Series> all = new ArrayList<>();
    List<Stream[]> streams = new ArrayList<>();
    for (Algorithm algorithm : AllReduces.ALGORITHMS) {
      for (Rig world : List.of(rig, other)) {
        all.add(new Series(world, algorithm, launches));
        streams.add(world.streams());
      }
    }
    CompletableFuture<Void> second = new CompletableFuture<>();
    Watchdog.start(
        "conformance-other-world",
        () -> other.onEachRank(rank -> launchInTurns(all, streams, 1, rank, launches)),
        second);
    rig.onEachRank(rank -> launchInTurns(all, streams, 0, rank, launches));
    Watchdog.within("launches in another world", Rig.DEADLINE, second::join);
    rig.settle();
    other.settle();
    for (int i = 0; i < all.size(); i++) {
      kit.at("%s in world %d", AllReduces.ALGORITHMS.get(i / 2), i % 2);
      all.get(i).check(launches);
    }
  }

  /** Launches of every second series, one of each after the other. */
  private static void launchInTurns(
      List<Series> all, List<Stream[]> streams, int first, int rank, int launches) {
    for (int launch = 0; launch < launches; launch++) {
      for (int i = first; i < all.size(); i += 2) {
        all.get(i).launch(streams.get(i)[rank], launch);
      }
    }
  }

  @Rule({"PEER-7", "ERR-7"})
  @ConformanceTest(Worlds.PAIR)
  void wrongAllReducesAreRefused(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    for (DType type : new DType[] {DType.INT32, DType.INT8, DType.FP8_E4M3, DType.FP8_E5M2}) {
      Check.refusesNaming(
          "elements of " + type,
          "type",
          () -> AllReduces.prepare(rig, 2, 4, type, Algorithm.ONE_SHOT));
    }
    Check.refusesNaming(
        "a negative number of rows",
        "rows",
        () -> AllReduces.prepare(rig, -1, 4, DType.FP32, Algorithm.AUTO));
    Check.refusesNaming(
        "a negative number of columns",
        "cols",
        () -> AllReduces.prepare(rig, 4, -1, DType.FP32, Algorithm.AUTO));
    Check.refusesNaming(
        "2^31 bytes",
        "rows|cols",
        () -> AllReduces.prepare(rig, 1 << 15, 1 << 14, DType.FP32, Algorithm.TWO_SHOT));
    refusedOperands(kit, rig);
  }

  private static void refusedOperands(Kit kit, Rig rig) {
    AllReduces all = new AllReduces(rig, DType.FP16, 4, 9, 2, true, kit.random());
    PreparedAllReduce good = all.prepare(Algorithm.AUTO);
    Stream stream = rig.stream(0);
    DeviceMemory in = all.inputMemory[0];
    DeviceMemory out = all.outputMemory[0];
    DeviceMemory small = rig.memory(0, (3 * 11 + 9) * 2 - 1);
    Check.refusesNaming(
        "input too small", "input", () -> good.launch(stream, small, 0, 11, out, 0, 11));
    Check.refusesNaming(
        "output too small", "output", () -> good.launch(stream, in, 0, 11, small, 0, 11));
    Check.refusesNaming(
        "input on another rank",
        "input",
        () -> good.launch(stream, all.inputMemory[1], 0, 11, out, 0, 11));
    Check.refusesNaming(
        "output on another rank",
        "output",
        () -> good.launch(stream, in, 0, 11, all.outputMemory[1], 0, 11));
    Check.refusesNaming(
        "overlapping rows of the input", "input", () -> good.launch(stream, in, 0, 8, out, 0, 11));
    Check.refusesNaming(
        "overlapping rows of the output",
        "output",
        () -> good.launch(stream, in, 0, 11, out, 0, 8));
    stream.synchronize(Rig.DEADLINE);
    all.checkUntouched("after refused launches");
    Stream[] streams = rig.streams();
    all.run(good, streams);
    all.check("after refused launches, which do not count");
  }

  @Rule("PEER-2")
  @ConformanceTest(Worlds.MOST)
  void everyLaunchOfEveryPreparedOneGivesTheSameBits(Kit kit) {
    Rig rig = kit.rig();
    if (refused(kit, rig)) {
      return;
    }
    Stream[] streams = rig.streams();
    AllReduces all = new AllReduces(rig, DType.BF16, 6, 129, 5, false, kit.random());
    for (int round = 0; round < kit.rounds(2, 10); round++) {
      for (Algorithm algorithm : AllReduces.ALGORITHMS) {
        kit.at("round %d, %s", round, algorithm);
        PreparedAllReduce prepared = all.prepare(algorithm);
        for (int launch = 0; launch < kit.rounds(3, 20); launch++) {
          all.clear();
          all.run(prepared, streams);
          all.check("launch " + launch);
        }
      }
    }
  }
}
