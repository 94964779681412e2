package dev.counterpoint.emulator;

import static dev.counterpoint.emulator.OpcodeCases.of;
import static dev.counterpoint.emulator.OpcodeCases.of64;
import static dev.counterpoint.emulator.OpcodeCases.pair;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

/** Vector floating point against Java's, bit for bit where IEEE 754 fixes the result. */
@OnEmulatedDevice
class FloatOpcodeTest {
  private static float f(int bits) {
    return Float.intBitsToFloat(bits);
  }

  private static int b(float value) {
    return Float.floatToRawIntBits(value);
  }

  private static double d(int low, int high) {
    return Double.longBitsToDouble(pair(low, high));
  }

  private static float fma(float a, float b, float c) {
    return Math.fma(a, b, c);
  }

  private static float min(float a, float b) {
    return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.min(a, b);
  }

  private static float max(float a, float b) {
    return Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.max(a, b);
  }

  private static int saturated(float a) {
    return (int) a;
  }

  private static int unsigned(float a) {
    return Float.isNaN(a) || a <= 0
        ? 0
        : a >= 4294967296f ? -1 : (int) new BigDecimal(a).longValue();
  }

  @Test
  void arithmetic() {
    OpcodeCases cases = new OpcodeCases("float");
    cases.vectorFloat("v_add_f32_e32 v20, v8, v9", v -> of(b(f(v[8]) + f(v[9]))));
    cases.vectorFloat("v_sub_f32_e32 v20, v8, v9", v -> of(b(f(v[8]) - f(v[9]))));
    cases.vectorFloat("v_mul_f32_e32 v20, v8, v9", v -> of(b(f(v[8]) * f(v[9]))));
    cases.vectorFloat("v_fma_f32 v20, v8, v9, v10", v -> of(b(fma(f(v[8]), f(v[9]), f(v[10])))));
    cases.vectorFloat(
        "v_fma_f32 v20, -v8, |v9|, v10", v -> of(b(fma(-f(v[8]), Math.abs(f(v[9])), f(v[10])))));
    cases.vectorFloat(
        "v_mov_b32_e32 v20, v10\nv_fmac_f32_e32 v20, v8, v9",
        v -> of(b(fma(f(v[8]), f(v[9]), f(v[10])))));
    cases.vectorFloat(
        "v_fmamk_f32 v20, v8, 0x40490fdb, v9", v -> of(b(fma(f(v[8]), f(0x40490fdb), f(v[9])))));
    cases.vectorFloat("v_min_f32_e32 v20, v8, v9", v -> of(b(min(f(v[8]), f(v[9])))));
    cases.vectorFloat("v_max_f32_e32 v20, v8, v9", v -> of(b(max(f(v[8]), f(v[9])))));
    cases.vectorFloat(
        "v_max3_f32 v20, v8, v9, v10", v -> of(b(max(max(f(v[8]), f(v[9])), f(v[10])))));
    cases.vectorFloat("v_mul_f32_e64 v20, v8, v9 mul:2", v -> of(b(f(v[8]) * f(v[9]) * 2)));
    cases.vectorFloat("v_add_f32_e64 v20, v8, v9 clamp", v -> of(b(clamp(f(v[8]) + f(v[9])))));
    cases.vectorFloat(
        "v_pk_fma_f32 v[20:21], v[8:9], v[10:11], v[12:13]",
        v -> of(b(fma(f(v[8]), f(v[10]), f(v[12]))), b(fma(f(v[9]), f(v[11]), f(v[13])))));
    cases.vectorFloat(
        "v_pk_mul_f32 v[20:21], v[8:9], v[10:11] op_sel_hi:[1,0] neg_lo:[1,0]",
        v -> of(b(-f(v[8]) * f(v[10])), b(f(v[9]) * f(v[10]))));
    cases.vectorFloat(
        "v_pk_add_f32 v[20:21], v[8:9], v[10:11]",
        v -> of(b(f(v[8]) + f(v[10])), b(f(v[9]) + f(v[11]))));
    cases.check(OpcodeCases.floats(21));
  }

  private static float clamp(float value) {
    return value > 0 ? Math.min(value, 1) : 0;
  }

  @Test
  void roundingAndConversion() {
    OpcodeCases cases = new OpcodeCases("convert");
    cases.vectorFloat("v_rndne_f32_e32 v20, v8", v -> of(b((float) Math.rint(f(v[8])))));
    cases.vectorFloat("v_floor_f32_e32 v20, v8", v -> of(b((float) Math.floor(f(v[8])))));
    cases.vectorFloat("v_ceil_f32_e32 v20, v8", v -> of(b((float) Math.ceil(f(v[8])))));
    cases.vectorFloat(
        "v_trunc_f32_e32 v20, v8",
        v -> of(b((float) (f(v[8]) < 0 ? Math.ceil(f(v[8])) : Math.floor(f(v[8]))))));
    cases.vector("v_cvt_i32_f32_e32 v20, v8", v -> of(saturated(f(v[8]))));
    cases.vector("v_cvt_u32_f32_e32 v20, v8", v -> of(unsigned(f(v[8]))));
    cases.vector("v_cvt_f32_i32_e32 v20, v8", v -> of(b((float) v[8])));
    cases.vector("v_cvt_f32_u32_e32 v20, v8", v -> of(b((float) Integer.toUnsignedLong(v[8]))));
    cases.vector("v_cvt_f32_ubyte2_e32 v20, v8", v -> of(b((float) (v[8] >>> 16 & 255))));
    cases.vectorFloat("v_sqrt_f32_e32 v20, v8", v -> of(b((float) Math.sqrt(f(v[8])))));
    cases.vectorFloat("v_rcp_f32_e32 v20, v8", v -> of(b(1 / f(v[8]))));
    cases.vectorFloat("v_ldexp_f32 v20, v8, v9", v -> of(b(scalb(f(v[8]), v[9]))));
    cases.check(OpcodeCases.floats(22));
  }

  private static float scalb(float a, int exponent) {
    return (float) Math.scalb((double) a, Math.max(-400, Math.min(400, exponent)));
  }

  @Test
  void doubles() {
    OpcodeCases cases = new OpcodeCases("double");
    OpcodeCases.Lane sum = v -> of64(Double.doubleToRawLongBits(d(v[8], v[9]) + d(v[10], v[11])));
    int[] input = new int[OpcodeCases.LANES * Assembly.INPUTS];
    java.util.Random random = new java.util.Random(23);
    for (int k = 0; k < input.length; k += 2) {
      long bits =
          Double.doubleToRawLongBits(random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30));
      input[k] = (int) bits;
      input[k + 1] = (int) (bits >>> 32);
    }
    cases.vector("v_add_f64 v[20:21], v[8:9], v[10:11]", sum);
    cases.vector(
        "v_mul_f64 v[20:21], v[8:9], -v[10:11]",
        v -> of64(Double.doubleToRawLongBits(d(v[8], v[9]) * -d(v[10], v[11]))));
    cases.vector(
        "v_fma_f64 v[20:21], v[8:9], v[10:11], v[12:13]",
        v ->
            of64(
                Double.doubleToRawLongBits(
                    Math.fma(d(v[8], v[9]), d(v[10], v[11]), d(v[12], v[13])))));
    cases.vector("v_cvt_f32_f64_e32 v20, v[8:9]", v -> of(b((float) d(v[8], v[9]))));
    cases.vector("v_cvt_i32_f64_e32 v20, v[8:9]", v -> of((int) d(v[8], v[9])));
    cases.vector(
        "v_cmp_gt_f64_e32 vcc, v[8:9], v[10:11]\nv_cndmask_b32_e64 v20, 0, 1, vcc",
        v -> of(d(v[8], v[9]) > d(v[10], v[11]) ? 1 : 0));
    cases.check(input);
  }

  @Test
  void compares() {
    OpcodeCases cases = new OpcodeCases("floatcompare");
    String select = " vcc, v8, v9\nv_cndmask_b32_e64 v20, 0, 1, vcc";
    cases.vector("v_cmp_lt_f32_e32" + select, v -> of(f(v[8]) < f(v[9]) ? 1 : 0));
    cases.vector("v_cmp_nle_f32_e32" + select, v -> of(f(v[8]) <= f(v[9]) ? 0 : 1));
    cases.vector(
        "v_cmp_lg_f32_e32" + select, v -> of(f(v[8]) < f(v[9]) || f(v[8]) > f(v[9]) ? 1 : 0));
    cases.vector(
        "v_cmp_u_f32_e32" + select, v -> of(Float.isNaN(f(v[8])) || Float.isNaN(f(v[9])) ? 1 : 0));
    cases.vector(
        "v_cmp_gt_f32_e64 vcc, |v8|, v9\nv_cndmask_b32_e64 v20, 0, 1, vcc",
        v -> of(Math.abs(f(v[8])) > f(v[9]) ? 1 : 0));
    cases.check(OpcodeCases.floats(24));
  }
}
