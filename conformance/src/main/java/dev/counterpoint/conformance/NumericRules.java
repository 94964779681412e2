package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Chapter 12: numbers, against the kit's own arithmetic in FP64. */
@DisplayName("Numbers")
class NumericRules {
  @Rule("NUM-1")
  @ConformanceTest
  void longSumsStayWithinTheBound(Kit kit) {
    Rig rig = kit.rig();
    for (DType in : DType.values()) {
      for (DType out : DType.values()) {
        if (in.isFloating() && rig.backend.gemm().supports(in, out)) {
          kit.at("%s to %s", in, out);
          GemmBench bench =
              GemmCase.of(9, 11, kit.rounds(1000, 8_000))
                  .types(in, out)
                  .reals()
                  .factors(0.03125f, 0.5f)
                  .bias()
                  .on(kit, rig, 0);
          bench.run(bench.prepare());
          bench.check("long sums");
        }
      }
    }
  }

  @Rule("NUM-1")
  @ConformanceTest
  void sumsThatCancelStayWithinTheBound(Kit kit) {
    Rig rig = kit.rig();
    GemmBench bench = GemmCase.of(6, 6, 400).reals().on(kit, rig, 0);
    // Second half of A is the first half negated, of B the same: the exact result is 0, and S is
    // large.
    Matrix a = new Matrix(DType.FP32, 6, 400, 400);
    Matrix b = new Matrix(DType.FP32, 6, 400, 400);
    Expected zero = new Expected(6, 6);
    zero.terms = 400;
    zero.roundedInput = !rig.has(Capability.GEMM_FP32_FULL);
    for (int i = 0; i < 6; i++) {
      for (int p = 0; p < 400; p++) {
        a.put(i, p, bench.a.at(i, p % 200) * (p < 200 ? 1 : -1));
        b.put(i, p, bench.b.at(i, p % 200));
      }
    }
    for (int i = 0; i < 36; i++) {
      for (int p = 0; p < 400; p++) {
        zero.add(i / 6, i % 6, 0, Math.abs(a.at(i / 6, p) * b.at(i % 6, p)));
      }
    }
    Stream stream = rig.stream(0);
    bench
        .prepare()
        .launch(
            stream,
            bench
                .arguments()
                .a(rig.memory(0, a.layout()), 0, 400)
                .b(rig.memory(0, b.layout()), 0, 400));
    stream.synchronize(Rig.DEADLINE);
    zero.check(
        "sums that cancel",
        Matrix.parse(DType.FP32, 6, 6, 6, bench.output(), (int) bench.outputOffset()));
  }

  @Rule("NUM-2")
  @ConformanceTest
  void integerSumsAreExactUpToTheLimitsOfInt32(Kit kit) {
    Rig rig = kit.rig();
    if (!rig.backend.gemm().supports(DType.INT8, DType.INT32)) {
      kit.refused(
          Capability.GEMM_INT8,
          rig.backend,
          () -> GemmCase.of(1, 1, 1).types(DType.INT8, DType.INT32).on(kit, rig, 0).prepare());
      return;
    }
    int k = 131_071; // 131071 · 2¹⁴ = 2³¹ − 2¹⁴
    for (int[] factors : new int[][] {{-128, -128}, {-128, 127}, {127, 127}}) {
      GemmBench bench = GemmCase.of(2, 3, k).types(DType.INT8, DType.INT32).on(kit, rig, 0);
      rig.set(bench.deviceA, factors[0]);
      rig.set(bench.deviceB, factors[1]);
      bench.run(bench.prepare());
      int[] seen = Rig.ints(rig.read(bench.deviceD, bench.outputOffset(), 24));
      for (int i = 0; i < 6; i++) {
        Check.equal(
            k + " times " + factors[0] + " · " + factors[1] + ", element " + i,
            k * factors[0] * factors[1],
            seen[i]);
      }
    }
  }

  /** Values at which rounding, overflow and underflow show. */
  private static List<Double> edges(DType type, Random random) {
    List<Double> values = new ArrayList<>(List.of(0.0, -0.0, 1.0, -1.0));
    int largest = Numbers.largestBits(type);
    double max = Numbers.decode(type, largest);
    double step = max - Numbers.decode(type, largest - 1);
    for (double v :
        new double[] {
          max, max + step * 0.25, max + step * 0.5, max + step * 0.75, max + step, 2 * max
        }) {
      values.add(v);
      values.add(-v);
    }
    for (int i = 0; i < 40; i++) {
      int bits = random.nextInt(largest);
      double low = Numbers.decode(type, bits);
      double high = Numbers.decode(type, bits + 1);
      values.add((low + high) / 2);
      values.add(low + (high - low) * 0.25);
      values.add(-(low + (high - low) * 0.75));
    }
    for (int bits = 0; bits < 4; bits++) {
      values.add((Numbers.decode(type, bits) + Numbers.decode(type, bits + 1)) / 2);
    }
    values.removeIf(v -> Math.abs(v) > Float.MAX_VALUE || (float) v.doubleValue() != v);
    return values;
  }

  @Rule("NUM-3")
  @ConformanceTest
  void theLibrarysConversionsAreThoseOfTheFormats(Kit kit) {
    for (DType type : DType.values()) {
      if (!type.isFloating() || type == DType.FP32) {
        continue;
      }
      kit.at("%s", type);
      for (int bits = 0; bits < 1 << (8 * type.bytes()); bits++) {
        double wanted = Numbers.decode(type, bits);
        double seen = type.decode(bits);
        Check.that(
            Double.compare(wanted, seen) == 0 || (Double.isNaN(wanted) && Double.isNaN(seen)),
            "pattern %x: wanted %s, seen %s",
            bits,
            wanted,
            seen);
      }
      List<Double> values = edges(type, kit.random());
      for (int i = 0; i < 20_000; i++) {
        values.add((double) Float.intBitsToFloat(kit.random().nextInt()));
      }
      for (double value : values) {
        int wanted = Numbers.encode(type, value);
        int seen = type.encode((float) value);
        boolean same = wanted == seen || (Numbers.isNan(type, wanted) && Numbers.isNan(type, seen));
        Check.that(
            same || Double.isInfinite(value),
            "%s: wanted pattern %x, seen %x",
            value,
            wanted,
            seen);
      }
    }
  }

  @Rule({"NUM-3", "RED-1"})
  @ConformanceTest
  void theDeviceRoundsToNearestEvenAndOverflowsAsTheTypeSays(Kit kit) {
    Rig rig = kit.rig();
    for (DType type : new DType[] {DType.FP16, DType.BF16}) {
      List<Double> values = edges(type, kit.random());
      kit.at("%d values to %s", values.size(), type);
      Matrix row = new Matrix(DType.FP32, 1, values.size(), values.size());
      byte[] wanted = new byte[2 * values.size()];
      for (int i = 0; i < values.size(); i++) {
        row.put(0, i, values.get(i));
        ByteBuffer.wrap(wanted)
            .order(ByteOrder.nativeOrder())
            .putShort(2 * i, (short) Numbers.encode(type, values.get(i)));
      }
      DeviceMemory staging = rig.memory(0, row.layout());
      DeviceMemory output = rig.memory(0, wanted.length);
      ReduceSpec spec =
          new ReduceSpec(
              "convert",
              0,
              1,
              row.cols,
              1,
              staging,
              row.bytes(),
              row.cols,
              DType.FP32,
              type,
              1,
              null,
              new ReduceSpec.Local(),
              null);
      Stream stream = rig.stream(0);
      rig.prepare(spec).launch(stream, output, 0, row.cols);
      stream.synchronize(Rig.DEADLINE);
      byte[] seen = rig.read(output);
      for (int i = 0; i < values.size(); i++) {
        int a = ByteBuffer.wrap(wanted).order(ByteOrder.nativeOrder()).getShort(2 * i) & 0xffff;
        int b = ByteBuffer.wrap(seen).order(ByteOrder.nativeOrder()).getShort(2 * i) & 0xffff;
        Check.that(a == b, "%s to %s: wanted pattern %x, seen %x", values.get(i), type, a, b);
      }
    }
  }

  @Rule({"NUM-3", "GEMM-1"})
  @ConformanceTest
  void aGemmRoundsItsSumsToNearestEvenAndOverflowsAsTheTypeSays(Kit kit) {
    Rig rig = kit.rig();
    for (DType in : DType.values()) {
      for (DType out : DType.values()) {
        if (in == out
            || !in.isFloating()
            || out == DType.FP32
            || !rig.backend.gemm().supports(in, out)) {
          continue;
        }
        kit.at("%s to %s", in, out);
        // 1×1 products of two exactly representable factors whose product needs more bits than the
        // output has.
        GemmBench bench = GemmCase.of(31, 29, 1).types(in, out).reals().on(kit, rig, 0);
        bench.run(bench.prepare());
        Matrix seen = Matrix.parse(out, 31, 29, 29, bench.output(), (int) bench.outputOffset());
        boolean exactProducts = in != DType.FP32 || rig.has(Capability.GEMM_FP32_FULL);
        for (int i = 0; i < seen.values.length && exactProducts; i++) {
          float product = (float) bench.expected.values[i];
          double wanted = Numbers.decode(out, Numbers.encode(out, product));
          Check.that(
              wanted == seen.values[i], "%s: wanted %s, seen %s", product, wanted, seen.values[i]);
        }
      }
    }
  }

  @Rule("NUM-4")
  @ConformanceTest
  void notANumberReachesExactlyWhatDependsOnIt(Kit kit) {
    Rig rig = kit.rig();
    for (DType in : DType.values()) {
      DType out = in.isFloating() && in.bytes() == 1 ? DType.BF16 : in;
      if (!in.isFloating() || !rig.backend.gemm().supports(in, out)) {
        continue;
      }
      kit.at("%s", in);
      GemmBench bench =
          GemmCase.of(70, 45, 33)
              .types(in, out)
              .tile(16, 16)
              .factors(1f, 1f)
              .bias()
              .on(kit, rig, 0);
      int rowOfA = kit.random().nextInt(70);
      int rowOfB = kit.random().nextInt(45);
      int pattern =
          in.bytes() == 4
              ? 0x7fc00000
              : in == DType.BF16 ? 0x7fc0 : in == DType.FP16 ? 0x7e00 : 0x7f;
      poison(rig, bench.deviceA, (rowOfA * 33 + 7) * in.bytes(), in, pattern);
      poison(rig, bench.deviceB, (rowOfB * 33 + 32) * in.bytes(), in, pattern);
      bench.run(bench.prepare());
      Matrix seen = Matrix.parse(out, 70, 45, 45, bench.output(), (int) bench.outputOffset());
      for (int i = 0; i < 70; i++) {
        for (int j = 0; j < 45; j++) {
          boolean wanted = i == rowOfA || j == rowOfB;
          Check.that(
              Double.isNaN(seen.at(i, j)) == wanted,
              "NaN in row %d of A and row %d of B: element [%d, %d] is %s",
              rowOfA,
              rowOfB,
              i,
              j,
              seen.at(i, j));
        }
      }
    }
  }

  private static void poison(Rig rig, DeviceMemory memory, int offset, DType type, int pattern) {
    ByteBuffer buffer = ByteBuffer.allocate(type.bytes()).order(ByteOrder.nativeOrder());
    Numbers.put(buffer, 0, type, pattern);
    rig.write(memory, offset, buffer.array());
  }
}
