package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Compiled HIP kernels, run through the HIP ABI, against Java. */
@OnEmulatedDevice
class KernelTest {
  static final int GROUPS = 4;
  static final int WORDS = 300;
  static final int ROUNDS = 3;

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int k = 0; k < count; k++) {
      values[k] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void vectorAddition() {
    float[] a = random(1000, 1);
    float[] b = random(1000, 2);
    Script script =
        new Script()
            .add("module m %s", Llvm.compile("basic"))
            .upload("a", a)
            .upload("b", b)
            .zeros("c", 4000);
    script
        .add("launch 0 m vectorAdd 4 1 1 256 1 1 0 p:a p:b p:c i:1000")
        .add("devsync")
        .download("c")
        .run()
        .mustSucceed();
    float[] c = script.floats("c");
    for (int k = 0; k < c.length; k++) {
      assertThat(c[k]).isEqualTo(a[k] + b[k]);
    }
  }

  @Test
  void softmaxAndSum() {
    int columns = 1000;
    float[] in = random(8 * columns, 3);
    Script script = new Script().add("module m %s", Llvm.compile("basic")).upload("in", in);
    script.zeros("out", in.length * 4L).zeros("sum", 4);
    script.add("launch 0 m softmax 8 1 1 256 1 1 0 p:in p:out i:%d", columns);
    script.add("launch 0 m sumAll 3 1 1 256 1 1 0 p:in p:sum i:%d", in.length).add("devsync");
    script.download("out").download("sum").run().mustSucceed();
    float[] out = script.floats("out");
    for (int row = 0; row < 8; row++) {
      int start = row * columns;
      double sum = IntStream.range(start, start + columns).mapToDouble(k -> Math.exp(in[k])).sum();
      for (int k = start; k < start + columns; k++) {
        assertThat((double) out[k])
            .isCloseTo(Math.exp(in[k]) / sum, org.assertj.core.data.Offset.offset(1e-6));
      }
    }
    double sum = IntStream.range(0, in.length).mapToDouble(k -> in[k]).sum();
    assertThat((double) script.floats("sum")[0])
        .isCloseTo(sum, org.assertj.core.data.Offset.offset(1e-2));
  }

  /** Products of small whole numbers are exact in every format. */
  @Test
  void matrixProducts() {
    int m = 200;
    int n = 140;
    int k = 128;
    for (MatrixLayoutTest.Element type :
        new MatrixLayoutTest.Element[] {
          MatrixLayoutTest.Element.F16,
          MatrixLayoutTest.Element.BF16,
          MatrixLayoutTest.Element.I8,
          MatrixLayoutTest.Element.FP8
        }) {
      Random random = new Random(4);
      int[][] a = new int[m][];
      int[][] b = new int[n][];
      byte[] encodedA = rows(a, k, type, random);
      byte[] encodedB = rows(b, k, type, random);
      String kernel = "gemm_" + type.name().toLowerCase(java.util.Locale.ROOT);
      Script script =
          new Script()
              .add("module m %s", Llvm.compile("gemm"))
              .upload("a", encodedA)
              .upload("b", encodedB);
      script.zeros("c", m * n * 4L);
      script
          .add("launch 0 m %s 2 2 1 256 1 1 0 p:a p:b p:c i:%d i:%d i:%d", kernel, m, n, k)
          .add("devsync");
      script.download("c").run().mustSucceed();
      int[] c = script.ints("c");
      for (int row = 0; row < m; row++) {
        for (int column = 0; column < n; column++) {
          int sum = 0;
          for (int x = 0; x < k; x++) {
            sum += a[row][x] * b[column][x];
          }
          int expected = type == MatrixLayoutTest.Element.I8 ? sum : Float.floatToRawIntBits(sum);
          assertThat(c[row * n + column])
              .as("%s, row %d, column %d", type, row, column)
              .isEqualTo(expected);
        }
      }
    }
  }

  private static byte[] rows(
      int[][] rows, int columns, MatrixLayoutTest.Element type, Random random) {
    int bytes = type.bits / 8;
    byte[] encoded = new byte[rows.length * columns * bytes];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = random.ints(columns, -4, 5).toArray();
      for (int k = 0; k < columns; k++) {
        int bits = type.encode(rows[row][k]);
        for (int part = 0; part < bytes; part++) {
          encoded[(row * columns + k) * bytes + part] = (byte) (bits >> 8 * part);
        }
      }
    }
    return encoded;
  }

  @Test
  void loadsIntoLocalMemory() {
    int[] in = IntStream.range(0, 512).map(k -> 7 * k).toArray();
    Script script =
        new Script().add("module m %s", Llvm.compile("basic")).upload("in", in).zeros("out", 2048);
    script
        .add("launch 0 m throughLds 2 1 1 256 1 1 0 p:in p:out")
        .add("devsync")
        .download("out")
        .run()
        .mustSucceed();
    int[] out = script.ints("out");
    for (int k = 0; k < out.length; k++) {
      assertThat(out[k]).isEqualTo(in[k / 256 * 256 + 255 - k % 256]);
    }
  }

  /** Two devices that exchange data and signals for some rounds; `out` counts what was wrong. */
  static Script exchange(Object producer, Object consumer) {
    Script script = new Script();
    script.add("device 0").add("module p %s", producer).zeros("acks", 4096).add("stream s0");
    script
        .add("device 1")
        .add("module c %s", consumer)
        .zeros("data", GROUPS * WORDS * 4L)
        .zeros("flags", 4096);
    script.zeros("out", 64).add("stream s1").add("peer 0 1").add("peer 1 0");
    script.add(
        "launch s1 c consume %d 1 1 256 1 1 0 p:data p:flags p:acks p:out i:%d i:%d",
        GROUPS, WORDS, ROUNDS);
    script.add(
        "launch s0 p produce %d 1 1 256 1 1 0 p:data p:flags p:acks i:%d i:%d",
        GROUPS, WORDS, ROUNDS);
    return script.add("sync s1").add("sync s0").download("out");
  }

  @Test
  void dataAndSignalsBetweenDevices() {
    Object signal = Llvm.compile("signal");
    assertThat(exchange(signal, signal).run().mustSucceed().ints("out")).containsOnly(0);
  }

  /** How much data was not there when its flag was, in 200 rounds of 64 lanes. */
  private static int missing(int way) {
    Object signal = Llvm.compile("signal");
    int rounds = 200;
    Script script = new Script().add("device 0").add("module p %s", signal).add("stream s0");
    script.add("device 1").add("module c %s", signal).zeros("slots", (rounds + 1) * 1024L);
    script.zeros("out", 64).add("stream s1").add("peer 0 1");
    script.add("launch s1 c take 1 1 1 64 1 1 0 p:slots p:out i:%d i:%d", way, rounds);
    script.add("launch s0 p send 1 1 1 64 1 1 0 p:slots i:%d i:%d", way, rounds);
    script.add("sync s1").add("sync s0").download("out").run().mustSucceed();
    return script.ints("out")[0];
  }

  /** What nobody waits for may land in any order, but eight aligned bytes of one store at once. */
  @Test
  void onlyEightBytesAreWhole() {
    assertThat(missing(0)).as("data and flag apart").isPositive();
    assertThat(missing(1)).as("data and flag in eight bytes").isZero();
    assertThat(missing(2)).as("one flag for sixteen bytes").isPositive();
  }

  /** Sixteen work-groups that wait for each other, four times. */
  static Script gridWait(Object module) {
    Script script =
        new Script()
            .add("module m %s", module)
            .add("buffer parts 65536")
            .zeros("counter", 256)
            .zeros("out", 256);
    return script
        .add("launch 0 m gridSum 16 1 1 256 1 1 0 p:parts p:counter p:out i:4")
        .add("devsync")
        .download("out");
  }

  static int gridSum(int round) {
    int sum = 0;
    for (int group = 0; group < 16; group++) {
      for (int thread = 0; thread < 256; thread++) {
        sum += round * 7 + group + thread;
      }
    }
    return sum;
  }

  @Test
  void gridWideWaits() {
    int[] out = gridWait(Llvm.compile("signal")).run().mustSucceed().ints("out");
    for (int k = 0; k < out.length; k++) {
      assertThat(out[k]).isEqualTo(gridSum(1 + k / 16));
    }
  }
}
