package dev.counterpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DTypeTest {
  static List<NarrowFormat> formats() {
    return NarrowFormat.ALL;
  }

  @ParameterizedTest
  @MethodSource("formats")
  void everyPatternDecodesToItsValue(NarrowFormat format) {
    for (int pattern = 0; pattern < format.patterns(); pattern++) {
      float decoded = format.dtype.decode(pattern);
      if (Double.compare(decoded, format.decode(pattern)) != 0) {
        fail("%s pattern %x gave %s, not %s", format, pattern, decoded, format.decode(pattern));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void decodingThenEncodingChangesNothingButNanPayloads(NarrowFormat format) {
    for (int pattern = 0; pattern < format.patterns(); pattern++) {
      int again = format.dtype.encode(format.dtype.decode(pattern));
      boolean same =
          format.isNan(pattern)
              ? format.isNan(again) && (again & ~(format.patterns() - 1)) == 0
              : again == pattern;
      if (!same) {
        fail("%s pattern %x came back as %x", format, pattern, again);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void bitsAboveTheElementAreIgnoredWhenDecoding(NarrowFormat format) {
    int high = -format.patterns();
    for (int pattern = 0; pattern < format.patterns(); pattern++) {
      assertThat(Float.compare(format.dtype.decode(high | pattern), format.dtype.decode(pattern)))
          .isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void valuesMidpointsAndTheirNeighboursRoundToNearestEven(NarrowFormat format) {
    for (float x : format.interestingInputs()) {
      checkRounding(format, x);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void floatsOfAnySizeRoundToNearestEven(NarrowFormat format) {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 200_000; i++) {
      float x = Float.intBitsToFloat(random.nextInt());
      if (!Float.isNaN(x)) {
        checkRounding(format, x);
      }
    }
  }

  private static void checkRounding(NarrowFormat format, float x) {
    int got = format.dtype.encode(x);
    int wanted = format.encode(x);
    if (got != wanted) {
      fail("%s of %s (%a) gave %x, not %x", format, x, x, got, wanted);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void nanOfEitherSignAndAnyPayloadStaysNan(NarrowFormat format) {
    // The payload of 0x7f800001 lies wholly in bits that narrow formats drop.
    for (int bits : new int[] {0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, -1}) {
      int pattern = format.dtype.encode(Float.intBitsToFloat(bits));
      assertThat(format.isNan(pattern)).as("%s of %x is %x", format, bits, pattern).isTrue();
      assertThat(pattern & format.signBit).isEqualTo(bits < 0 ? format.signBit : 0);
      assertThat(pattern).isBetween(0, format.patterns() - 1);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void zeroKeepsItsSign(NarrowFormat format) {
    assertThat(format.dtype.encode(0f)).isZero();
    assertThat(format.dtype.encode(-0f)).isEqualTo(format.signBit);
    assertThat(format.dtype.encode(-Float.MIN_VALUE)).isEqualTo(format.signBit);
    assertThat(Float.floatToRawIntBits(format.dtype.decode(format.signBit)))
        .isEqualTo(Float.floatToRawIntBits(-0f));
  }

  @ParameterizedTest
  @CsvSource({
    // The first value that no longer rounds to the largest finite one, and what becomes of it.
    "FP16,      65520,      7c00",
    "FP16,      65519.996,  7bff",
    "FP16,      -Infinity,  fc00",
    "BF16,      3.4028235e38, 7f80",
    "BF16,      Infinity,   7f80",
    "FP8_E4M3,  464,        7e",
    "FP8_E4M3,  1e30,       7e",
    "FP8_E4M3,  -Infinity,  fe",
    "FP8_E5M2,  61440,      7b",
    "FP8_E5M2,  -1e30,      fb",
    "FP8_E5M2,  Infinity,   7c",
    "FP8_E4M3,  0.001953125,     1",
    "FP8_E4M3,  0.0009765625,    0",
    "FP8_E4M3,  0.0029296875,    2",
    "FP8_E5M2,  0.0000152587890625, 1",
    "FP16,      5.9604645e-8, 1",
    "FP16,      2.9802322e-8, 0",
    "FP16,      1.0004883,  3c00",
    "FP16,      1.0014648,  3c02",
    "BF16,      1.00390625, 3f80",
    "BF16,      1.01171875, 3f82",
    "INT8,      127.5,      7f",
    "INT8,      -128.5,     80",
    "INT8,      -1000,      80",
    "INT8,      Infinity,   7f",
    "INT8,      NaN,        0",
    "INT8,      2.5,        2",
    "INT8,      3.5,        4",
    "INT8,      -1,         ff",
    "INT32,     1e20,       7fffffff",
    "INT32,     -1e20,      80000000",
    "INT32,     NaN,        0",
    "INT32,     -2.5,       fffffffe",
    "FP32,      1,          3f800000",
  })
  void knownPatterns(DType dtype, float value, String pattern) {
    assertThat(Integer.toHexString(dtype.encode(value))).isEqualTo(pattern);
  }

  @Test
  void everyInt8PatternComesBack() {
    for (int pattern = 0; pattern < 256; pattern++) {
      assertThat(DType.INT8.decode(pattern)).isEqualTo((float) (byte) pattern);
      assertThat(DType.INT8.encode(DType.INT8.decode(pattern))).isEqualTo(pattern);
    }
    assertThat(DType.INT8.decode(0x1ff)).isEqualTo(-1f);
  }

  @Test
  void int32AndFp32KeepWhatAFloatCanHold() {
    for (int value : new int[] {0, 1, -1, 1 << 24, -(1 << 24), Integer.MIN_VALUE}) {
      assertThat(DType.INT32.decode(value)).isEqualTo((float) value);
      assertThat(DType.INT32.encode((float) value)).isEqualTo(value);
    }
    for (float value : new float[] {0f, -0f, Float.MIN_VALUE, Float.MAX_VALUE, 1f / 3}) {
      assertThat(DType.FP32.decode(DType.FP32.encode(value))).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void theUnitRoundoffIsTheLargestRelativeErrorOfNormalValues(NarrowFormat format) {
    double worst = 0;
    // Between 1 and 2 a step is constant, and the error relative to 1 the largest.
    for (float x = 1f; x < 2f; x += 0x1p-12f) {
      worst = Math.max(worst, Math.abs(format.dtype.decode(format.dtype.encode(x)) - x));
    }
    assertThat(worst).isEqualTo(format.dtype.unitRoundoff());
    assertThat(DType.FP32.unitRoundoff()).isEqualTo(Math.ulp(1f) / 2.0);
    assertThat(DType.INT8.unitRoundoff()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "FP32,4,true,FP32",
    "FP16,2,true,FP32",
    "BF16,2,true,FP32",
    "FP8_E4M3,1,true,FP32",
    "FP8_E5M2,1,true,FP32",
    "INT8,1,false,INT32",
    "INT32,4,false,INT32"
  })
  void sizesAndAccumulators(DType dtype, int bytes, boolean floating, DType accumulator) {
    assertThat(dtype.bytes()).isEqualTo(bytes);
    assertThat(dtype.isFloating()).isEqualTo(floating);
    assertThat(dtype.accumulator()).isEqualTo(accumulator);
  }
}
