package dev.counterpoint.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Number formats over all inputs of the narrow side, with values that Java derives from the
 * formats' definitions.
 */
@OnEmulatedDevice
class ConversionTest {
  private static final int ALL = 65536;
  private static Path module;

  @BeforeAll
  static void compile() {
    module = Llvm.compile("convert");
  }

  private static double half(int bits) {
    int exponent = bits >> 10 & 31;
    int mantissa = bits & 1023;
    double magnitude =
        exponent == 31
            ? mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN
            : exponent == 0
                ? Math.scalb((double) mantissa, -24)
                : Math.scalb(1 + mantissa / 1024.0, exponent - 15);
    return bits < 0x8000 ? magnitude : -magnitude;
  }

  private static byte[] allShorts() {
    ByteBuffer buffer = ByteBuffer.allocate(2 * ALL).order(ByteOrder.LITTLE_ENDIAN);
    for (int k = 0; k < ALL; k++) {
      buffer.putShort((short) k);
    }
    return buffer.array();
  }

  private static Script run(String kernel, int groups, Script script, long outBytes) {
    script.add("module m %s", module).zeros("out", outBytes);
    script.add("launch 0 m %s %d 1 1 256 1 1 0 p:in p:out", kernel, groups).add("devsync");
    return script.download("out").run().mustSucceed();
  }

  private static void same(int actualBits, double expected, String what) {
    float actual = Float.intBitsToFloat(actualBits);
    if (Double.isNaN(expected)) {
      assertThat(actual).as(what).isNaN();
    } else {
      assertThat(actualBits).as(what).isEqualTo(Float.floatToRawIntBits((float) expected));
    }
  }

  @Test
  void everyHalf() {
    int[] out =
        run("halfToSingle", ALL / 256, new Script().upload("in", allShorts()), 4L * ALL)
            .ints("out");
    for (int k = 0; k < ALL; k++) {
      same(out[k], half(k), "half 0x%04x".formatted(k));
    }
  }

  @Test
  void everyBrainFloat() {
    int[] out =
        run("brainToSingle", ALL / 256, new Script().upload("in", allShorts()), 4L * ALL)
            .ints("out");
    for (int k = 0; k < ALL; k++) {
      assertThat(out[k]).isEqualTo(k << 16);
    }
  }

  /** Each half, what lies halfway to the next, and its neighbours in f32. */
  @Test
  void everyBorderBetweenHalves() {
    for (int shift = -1; shift <= 1; shift++) {
      float[] in = new float[ALL];
      for (int k = 0; k < ALL; k++) {
        double here = half(k);
        double next =
            (k & 0x7FFF) < 0x7BFF
                ? half(k + 1)
                : (k & 0x7FFF) == 0x7BFF ? Math.copySign(65536, here) : here;
        in[k] = (float) ((here + next) / 2);
        in[k] = shift < 0 ? Math.nextDown(in[k]) : shift > 0 ? Math.nextUp(in[k]) : in[k];
      }
      byte[] out =
          run("singleToHalf", ALL / 256, new Script().upload("in", in), 2L * ALL).bytes("out");
      ByteBuffer halves = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
      for (int k = 0; k < ALL; k++) {
        int actual = halves.getShort(2 * k) & 0xFFFF;
        int expected = nearestHalf(in[k]);
        if (Float.isNaN(in[k])) {
          assertThat(half(actual)).isNaN();
        } else {
          assertThat(actual).as("half of %s", in[k]).isEqualTo(expected);
        }
      }
    }
  }

  private static int nearestHalf(float value) {
    double magnitude = Math.abs((double) value);
    int sign = Float.floatToRawIntBits(value) >>> 31 << 15;
    if (magnitude >= 65520) {
      return sign | 0x7C00;
    }
    int low = 0;
    int high = 0x7BFF;
    while (low < high) {
      int middle = (low + high + 1) / 2;
      if (half(middle) <= magnitude) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    double above = low == 0x7BFF ? 65536 : half(low + 1);
    double toAbove = above - magnitude;
    double toBelow = magnitude - half(low);
    return sign | (toAbove < toBelow || (toAbove == toBelow && low % 2 == 1) ? low + 1 : low);
  }

  @Test
  void everyTopHalfOfAFloatRoundsToABrainFloat() {
    for (int low : new int[] {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF}) {
      int[] in = new int[ALL];
      for (int k = 0; k < ALL; k++) {
        in[k] = k << 16 | low;
      }
      byte[] out =
          run("singleToBrain", ALL / 256, new Script().upload("in", in), 2L * ALL).bytes("out");
      ByteBuffer halves = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
      for (int k = 0; k < ALL; k++) {
        int actual = halves.getShort(2 * k) & 0xFFFF;
        if (Float.isNaN(Float.intBitsToFloat(in[k]))) {
          assertThat(Float.intBitsToFloat(actual << 16)).isNaN();
        } else {
          int up = low > 0x8000 || (low == 0x8000 && k % 2 == 1) ? 1 : 0;
          assertThat(actual).as("of 0x%08x", in[k]).isEqualTo(k + up & 0xFFFF);
        }
      }
    }
  }

  @Test
  void everySmallFloat() {
    byte[] in = new byte[1024];
    for (int k = 0; k < in.length; k++) {
      in[k] = (byte) k;
    }
    int[] fp8 = run("fp8ToSingle", 1, new Script().upload("in", in), 4096).ints("out");
    int[] bf8 = run("bf8ToSingle", 1, new Script().upload("in", in), 4096).ints("out");
    for (int k = 0; k < in.length; k++) {
      same(fp8[k], SmallFloats.decode(k & 255, 3, 8), "fp8 0x%02x".formatted(k & 255));
      same(bf8[k], SmallFloats.decode(k & 255, 2, 16), "bf8 0x%02x".formatted(k & 255));
    }
  }

  /**
   * All halves as inputs: they hold every value of both formats, every halfway point and both
   * neighbours of each.
   */
  @Test
  void everyHalfRoundsToSmallFloats() {
    float[] in = new float[ALL];
    for (int k = 0; k < ALL; k++) {
      in[k] = (float) half(k);
    }
    byte[] fp8 = run("singleToFp8", ALL / 1024, new Script().upload("in", in), ALL).bytes("out");
    byte[] bf8 = run("singleToBf8", ALL / 1024, new Script().upload("in", in), ALL).bytes("out");
    byte[] cut = run("singleToFp8Cut", ALL / 1024, new Script().upload("in", in), ALL).bytes("out");
    for (int k = 0; k < ALL; k++) {
      assertThat(fp8[k] & 255).as("fp8 of %s", in[k]).isEqualTo(SmallFloats.encode(in[k], 3, 8));
      assertThat(bf8[k] & 255).as("bf8 of %s", in[k]).isEqualTo(SmallFloats.encode(in[k], 2, 16));
      double largest = SmallFloats.decode(0x7F, 3, 8);
      if (Math.abs(in[k]) <= largest) {
        double kept = SmallFloats.decode(cut[k] & 255, 3, 8);
        int above = Math.min(0x7F, (cut[k] & 0x7F) + 1);
        assertThat(Math.abs(kept)).as("fp8 of %s, cut", in[k]).isLessThanOrEqualTo(Math.abs(in[k]));
        assertThat(SmallFloats.decode(above, 3, 8)).isGreaterThanOrEqualTo(Math.abs(in[k]));
      }
    }
  }
}
