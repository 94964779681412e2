package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.SignalArray;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileReduce;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Chapter 9: reductions and unpacking. */
@DisplayName("Reduction and reordering")
class ReduceRules {
  private static final DType[][] TYPES = {
    {DType.FP32, DType.FP32},
    {DType.FP32, DType.BF16},
    {DType.FP32, DType.FP16},
    {DType.BF16, DType.BF16},
    {DType.FP16, DType.FP16},
    {DType.BF16, DType.FP32},
    {DType.INT32, DType.INT32}
  };

  private static void runAndCheck(Reductions reductions, int padding) {
    Rig rig = reductions.rig;
    int stride = Math.max(1, reductions.cols + padding);
    int size = Matrix.size(reductions.out, reductions.rows, reductions.cols, stride);
    DeviceMemory output = rig.memory(reductions.rank, size + 128L);
    rig.set(output, Matrix.CANARY);
    Stream stream = rig.stream(reductions.rank);
    rig.prepare(reductions.spec(null, new ReduceSpec.Local(), null))
        .launch(stream, output, 64, stride);
    stream.synchronize(Rig.DEADLINE);
    byte[] seen = rig.read(output);
    Check.bytes(
        "sum over the slots in order",
        reductions.expected(stride),
        Arrays.copyOfRange(seen, 64, 64 + size));
    Check.all("bytes before the sum", Matrix.CANARY, Arrays.copyOf(seen, 64));
    Check.all(
        "bytes behind the sum", Matrix.CANARY, Arrays.copyOfRange(seen, 64 + size, seen.length));
  }

  @Rule({"RED-1", "RED-2", "RED-4", "RED-7"})
  @ConformanceTest(Worlds.MOST)
  void sumsAreTakenInSlotOrderAndRoundedOnce(Kit kit) {
    Rig rig = kit.rig();
    for (DType[] type : TYPES) {
      Property.of(
              kit,
              "rows",
              0,
              40,
              "columns",
              1,
              50,
              "slots",
              1,
              rig.ranks,
              "block rows",
              1,
              17,
              "padding",
              0,
              4,
              "output padding",
              0,
              4)
          .check(
              kit.rounds(12, 120),
              (v, random) -> {
                kit.at("%s to %s", type[0], type[1]);
                runAndCheck(
                    new Reductions(
                        rig,
                        0,
                        v[0],
                        v[1],
                        v[2],
                        type[0],
                        type[1],
                        v[3],
                        v[4],
                        random,
                        random.nextBoolean()),
                    v[5]);
              });
    }
  }

  @Rule("RED-7")
  @ConformanceTest(Worlds.MOST)
  void noRowsAndOneSlotWork(Kit kit) {
    Rig rig = kit.rig();
    Random random = kit.random();
    int last = rig.ranks - 1;
    runAndCheck(
        new Reductions(rig, last, 0, 5, rig.ranks, DType.FP32, DType.FP32, 4, 0, random, false), 0);
    runAndCheck(new Reductions(rig, last, 9, 5, 1, DType.FP32, DType.FP32, 4, 0, random, false), 2);
    runAndCheck(
        new Reductions(rig, last, 1, 1, rig.ranks, DType.FP32, DType.FP32, 100, 0, random, false),
        0);
  }

  @Rule({"RED-3", "SIG-4"})
  @ConformanceTest(value = Worlds.MOST, chaos = true)
  void aBlockIsReadOnlyAfterItsSignals(Kit kit) {
    Rig rig = kit.rig();
    int slots = rig.ranks;
    int blocks = 5;
    Reductions r =
        new Reductions(rig, 0, 18, 12, slots, DType.FP32, DType.FP32, 4, 0, kit.random(), false);
    byte[] content = rig.read(r.staging);
    SignalArray words = rig.words(blocks * slots);
    int[] table = new int[blocks * slots];
    long[] perEpoch = new long[blocks * slots];
    for (int i = 0; i < table.length; i++) {
      table[i] = i % 7 == 6 ? -1 : table.length - 1 - i;
      perEpoch[i] = 1L + i % 3;
    }
    Epoch epoch = rig.epoch(0);
    TileReduce.PreparedReduce reduce =
        rig.prepare(
            r.spec(new ReduceSpec.Gate(words, table, perEpoch), new ReduceSpec.Local(), epoch));
    DeviceMemory output = rig.memory(0, 18 * 12 * 4);
    Stream stream = rig.stream(0);
    for (int round = 1; round <= kit.rounds(5, 40); round++) {
      kit.at("round %d", round);
      for (int i = 0; i < table.length; i++) {
        if (table[i] >= 0) {
          poison(r, i / slots, i % slots, content, true);
        }
      }
      rig.backend.signals().advance(stream, epoch);
      reduce.launch(stream, output, 0, 12);
      for (int i : GemmBench.shuffled(table.length, kit.random())) {
        if (table[i] >= 0) {
          for (long add = 1; add < perEpoch[i]; add++) {
            rig.backend.signals().addFromHost(words, 0, table[i], 1);
          }
          Threads.pause(1);
          poison(r, i / slots, i % slots, content, false);
          rig.backend.signals().addFromHost(words, 0, table[i], 1);
        }
      }
      stream.synchronize(Rig.DEADLINE);
      Check.bytes("sum of partials that arrive one by one", r.expected(12), rig.read(output));
    }
  }

  /** Makes one block of one slot NaN, or puts back what belongs there. */
  private static void poison(Reductions r, int block, int slot, byte[] content, boolean nan) {
    int from = slot * r.slotBytes + block * r.blockRows * r.stride * 4;
    int rows = Math.min(r.blockRows, r.rows - block * r.blockRows);
    byte[] bytes = Arrays.copyOfRange(content, from, from + rows * r.stride * 4);
    if (nan) {
      Arrays.fill(bytes, (byte) 0xFF);
    }
    r.rig.write(r.staging, from, bytes);
  }

  @Rule({"ERR-7", "RED-3"})
  @ConformanceTest(Worlds.PAIR)
  void wrongReductionsAreRefused(Kit kit) {
    Rig rig = kit.rig();
    SignalArray words = rig.words(2);
    Epoch epoch = rig.epoch(0);
    Reductions r =
        new Reductions(rig, 0, 8, 4, 2, DType.FP32, DType.FP32, 4, 0, kit.random(), true);
    int[] good = new int[4];
    long[] ones = {1, 1, 1, 1};
    var local = new ReduceSpec.Local();
    Check.refusesNaming(
        "gate words of the wrong length",
        "word|gate",
        () -> rig.prepare(r.spec(new ReduceSpec.Gate(words, new int[3], ones), local, epoch)));
    Check.refusesNaming(
        "perEpoch of the wrong length",
        "perEpoch|gate",
        () -> rig.prepare(r.spec(new ReduceSpec.Gate(words, good, new long[3]), local, epoch)));
    Check.refusesNaming(
        "a gate word out of range",
        "word|gate",
        () ->
            rig.prepare(
                r.spec(new ReduceSpec.Gate(words, new int[] {0, 0, 2, 0}, ones), local, epoch)));
    Check.refusesNaming(
        "a gate without an epoch",
        "epoch",
        () -> rig.prepare(r.spec(new ReduceSpec.Gate(words, good, ones), local, null)));
    Check.refusesNaming(
        "staging too small",
        "staging|slot",
        () ->
            rig.prepare(
                new ReduceSpec(
                    "x",
                    0,
                    8,
                    4,
                    2,
                    rig.memory(0, 200),
                    128,
                    4,
                    DType.FP32,
                    DType.FP32,
                    4,
                    null,
                    local,
                    null)));
    Check.refusesNaming(
        "staging on another rank",
        "staging|rank",
        () ->
            rig.prepare(
                new ReduceSpec(
                    "x",
                    0,
                    8,
                    4,
                    2,
                    rig.memory(1, 256),
                    128,
                    4,
                    DType.FP32,
                    DType.FP32,
                    4,
                    null,
                    local,
                    null)));
    var reduce = rig.prepare(r.spec(null, local, null));
    Stream stream = rig.stream(0);
    Check.refusesNaming("absent output", "output", () -> reduce.launch(stream, null, 0, 4));
    Check.refusesNaming(
        "output too small", "output", () -> reduce.launch(stream, rig.memory(0, 127), 0, 4));
    Check.refusesNaming(
        "output on another rank",
        "output|rank",
        () -> reduce.launch(stream, rig.memory(1, 128), 0, 4));
    stream.synchronize(Rig.DEADLINE);
  }
}
