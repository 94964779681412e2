package dev.counterpoint.emulator;

import static dev.counterpoint.emulator.OpcodeCases.of;
import static dev.counterpoint.emulator.OpcodeCases.of64;
import static dev.counterpoint.emulator.OpcodeCases.pair;

import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;

/** Vector integer instructions against Java's arithmetic. */
@OnEmulatedDevice
class IntegerOpcodeTest {
  private static int signed24(int a) {
    return a << 8 >> 8;
  }

  private static int mask24(int a) {
    return a & 0xFFFFFF;
  }

  private static int field(int a, int offset, int width) {
    return a >>> (offset & 31) & ((1 << (width & 31)) - 1);
  }

  private static int signedField(int a, int offset, int width) {
    int bits = width & 31;
    return bits == 0 ? 0 : field(a, offset, width) << (32 - bits) >> (32 - bits);
  }

  private static int umin(int a, int b) {
    return Integer.compareUnsigned(a, b) < 0 ? a : b;
  }

  private static int umax(int a, int b) {
    return Integer.compareUnsigned(a, b) > 0 ? a : b;
  }

  private static int median(int a, int b, int c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  private static int perm(int high, int low, int selector) {
    long bytes = pair(low, high);
    int result = 0;
    for (int k = 0; k < 4; k++) {
      int s = selector >>> (8 * k) & 0xFF;
      int value;
      if (s < 8) {
        value = (int) (bytes >>> (8 * s)) & 0xFF;
      } else if (s < 12) {
        value = (bytes >>> (16 * (s - 8) + 15) & 1) == 1 ? 0xFF : 0;
      } else {
        value = s == 12 ? 0 : 0xFF;
      }
      result |= value << (8 * k);
    }
    return result;
  }

  private static OpcodeCases two(OpcodeCases cases, String name, IntBinaryOperator f) {
    return cases.vector(name + " v20, v8, v9", v -> of(f.applyAsInt(v[8], v[9])));
  }

  @Test
  void twoOperands() {
    OpcodeCases cases = new OpcodeCases("integer2");
    two(cases, "v_add_u32_e32", (a, b) -> a + b);
    two(cases, "v_sub_u32_e32", (a, b) -> a - b);
    two(cases, "v_subrev_u32_e32", (a, b) -> b - a);
    two(cases, "v_mul_lo_u32", (a, b) -> a * b);
    two(cases, "v_mul_hi_u32", (a, b) -> (int) ((a & 0xFFFFFFFFL) * (b & 0xFFFFFFFFL) >>> 32));
    two(cases, "v_mul_hi_i32", (a, b) -> (int) ((long) a * b >> 32));
    two(cases, "v_mul_i32_i24_e32", (a, b) -> signed24(a) * signed24(b));
    two(cases, "v_mul_u32_u24_e32", (a, b) -> mask24(a) * mask24(b));
    two(cases, "v_mul_hi_u32_u24_e32", (a, b) -> (int) ((long) mask24(a) * mask24(b) >>> 32));
    two(cases, "v_min_i32_e32", Math::min);
    two(cases, "v_max_i32_e32", Math::max);
    two(cases, "v_min_u32_e32", IntegerOpcodeTest::umin);
    two(cases, "v_max_u32_e32", IntegerOpcodeTest::umax);
    two(cases, "v_lshrrev_b32_e32", (a, b) -> b >>> (a & 31));
    two(cases, "v_ashrrev_i32_e32", (a, b) -> b >> (a & 31));
    two(cases, "v_lshlrev_b32_e32", (a, b) -> b << (a & 31));
    two(cases, "v_and_b32_e32", (a, b) -> a & b);
    two(cases, "v_or_b32_e32", (a, b) -> a | b);
    two(cases, "v_xor_b32_e32", (a, b) -> a ^ b);
    two(cases, "v_xnor_b32_e32", (a, b) -> ~(a ^ b));
    two(cases, "v_bcnt_u32_b32", (a, b) -> Integer.bitCount(a) + b);
    two(cases, "v_bfm_b32", (a, b) -> ((1 << (a & 31)) - 1) << (b & 31));
    two(cases, "v_add_u16_e32", (a, b) -> a + b & 0xFFFF);
    two(cases, "v_sub_u16_e32", (a, b) -> a - b & 0xFFFF);
    two(cases, "v_mul_lo_u16_e32", (a, b) -> (a & 0xFFFF) * (b & 0xFFFF) & 0xFFFF);
    two(cases, "v_lshlrev_b16_e32", (a, b) -> b << (a & 15) & 0xFFFF);
    two(cases, "v_ashrrev_i16_e32", (a, b) -> (short) b >> (a & 15) & 0xFFFF);
    two(cases, "v_max_i16_e32", (a, b) -> Math.max((short) a, (short) b) & 0xFFFF);
    two(cases, "v_min_u16_e32", (a, b) -> Math.min(a & 0xFFFF, b & 0xFFFF));
    two(cases, "v_pack_b32_f16", (a, b) -> a & 0xFFFF | b << 16);
    two(cases, "v_cvt_pk_u16_u32", (a, b) -> umin(a, 0xFFFF) | umin(b, 0xFFFF) << 16);
    cases.vector("v_not_b32_e32 v20, v8", v -> of(~v[8]));
    cases.vector("v_bfrev_b32_e32 v20, v8", v -> of(Integer.reverse(v[8])));
    cases.vector(
        "v_ffbh_u32_e32 v20, v8", v -> of(v[8] == 0 ? -1 : Integer.numberOfLeadingZeros(v[8])));
    cases.vector(
        "v_ffbl_b32_e32 v20, v8", v -> of(v[8] == 0 ? -1 : Integer.numberOfTrailingZeros(v[8])));
    cases.vector(
        "v_add_u32_e64 v20, v8, v9 clamp",
        v -> of(Integer.compareUnsigned(v[8] + v[9], v[8]) < 0 ? -1 : v[8] + v[9]));
    cases.check(OpcodeCases.integers(1));
  }

  @Test
  void threeOperands() {
    OpcodeCases cases = new OpcodeCases("integer3");
    String r = " v20, v8, v9, v10";
    cases.vector("v_mad_i32_i24" + r, v -> of(signed24(v[8]) * signed24(v[9]) + v[10]));
    cases.vector("v_mad_u32_u24" + r, v -> of(mask24(v[8]) * mask24(v[9]) + v[10]));
    cases.vector("v_bfe_u32" + r, v -> of(field(v[8], v[9], v[10])));
    cases.vector("v_bfe_i32" + r, v -> of(signedField(v[8], v[9], v[10])));
    cases.vector("v_bfi_b32" + r, v -> of(v[8] & v[9] | ~v[8] & v[10]));
    cases.vector("v_alignbit_b32" + r, v -> of((int) (pair(v[9], v[8]) >>> (v[10] & 31))));
    cases.vector("v_alignbyte_b32" + r, v -> of((int) (pair(v[9], v[8]) >>> (8 * (v[10] & 3)))));
    cases.vector("v_min3_u32" + r, v -> of(umin(umin(v[8], v[9]), v[10])));
    cases.vector("v_max3_i32" + r, v -> of(Math.max(Math.max(v[8], v[9]), v[10])));
    cases.vector("v_med3_i32" + r, v -> of(median(v[8], v[9], v[10])));
    cases.vector("v_perm_b32" + r, v -> of(perm(v[8], v[9], v[10])));
    cases.vector(
        "s_mov_b32 s10, 0x0c070d03\nv_perm_b32 v20, v8, v9, s10",
        v -> of(perm(v[8], v[9], 0x0c070d03)));
    cases.vector("v_xad_u32" + r, v -> of((v[8] ^ v[9]) + v[10]));
    cases.vector("v_lshl_add_u32" + r, v -> of((v[8] << (v[9] & 31)) + v[10]));
    cases.vector("v_add_lshl_u32" + r, v -> of((v[8] + v[9]) << (v[10] & 31)));
    cases.vector("v_add3_u32" + r, v -> of(v[8] + v[9] + v[10]));
    cases.vector("v_lshl_or_b32" + r, v -> of(v[8] << (v[9] & 31) | v[10]));
    cases.vector("v_and_or_b32" + r, v -> of(v[8] & v[9] | v[10]));
    cases.vector("v_or3_b32" + r, v -> of(v[8] | v[9] | v[10]));
    cases.vector("v_sad_u32" + r, v -> of(umax(v[8], v[9]) - umin(v[8], v[9]) + v[10]));
    cases.vector("v_mad_u32_u16" + r, v -> of((v[8] & 0xFFFF) * (v[9] & 0xFFFF) + v[10]));
    cases.vector("v_mad_i32_i16" + r, v -> of((short) v[8] * (short) v[9] + v[10]));
    cases.vector(
        "v_mad_i32_i16" + r + " op_sel:[1,0,0,0]", v -> of((v[8] >> 16) * (short) v[9] + v[10]));
    cases.check(OpcodeCases.integers(2));
  }

  @Test
  void sixtyFourBits() {
    OpcodeCases cases = new OpcodeCases("integer64");
    cases.vector("v_lshlrev_b64 v[20:21], v8, v[10:11]", v -> of64(pair(v[10], v[11]) << v[8]));
    cases.vector("v_lshrrev_b64 v[20:21], v8, v[10:11]", v -> of64(pair(v[10], v[11]) >>> v[8]));
    cases.vector("v_ashrrev_i64 v[20:21], v8, v[10:11]", v -> of64(pair(v[10], v[11]) >> v[8]));
    cases.vector(
        "v_lshl_add_u64 v[20:21], v[8:9], 3, v[10:11]",
        v -> of64((pair(v[8], v[9]) << 3) + pair(v[10], v[11])));
    cases.vector("v_mov_b64_e32 v[20:21], v[8:9]", v -> of(v[8], v[9]));
    cases.vector("v_mov_b64_e32 v[20:21], 0x80000001", v -> of64(0x80000001L));
    cases.vector("v_mov_b64_e32 v[20:21], -5", v -> of64(-5));
    cases.vector(
        "v_mad_u64_u32 v[20:21], vcc, v8, v9, v[10:11]",
        v -> of64((v[8] & 0xFFFFFFFFL) * (v[9] & 0xFFFFFFFFL) + pair(v[10], v[11])));
    cases.vector(
        "v_mad_i64_i32 v[20:21], vcc, v8, v9, v[10:11]",
        v -> of64((long) v[8] * v[9] + pair(v[10], v[11])));
    cases.vector(
        "v_add_co_u32_e32 v20, vcc, v8, v10\nv_addc_co_u32_e32 v21, vcc, v9, v11, vcc",
        v -> of64(pair(v[8], v[9]) + pair(v[10], v[11])));
    cases.vector(
        "v_sub_co_u32_e32 v20, vcc, v8, v10\nv_subb_co_u32_e32 v21, vcc, v9, v11, vcc",
        v -> of64(pair(v[8], v[9]) - pair(v[10], v[11])));
    cases.vector(
        "v_cmp_lt_u64_e32 vcc, v[8:9], v[10:11]\nv_cndmask_b32_e64 v20, 0, 1, vcc",
        v -> of(Long.compareUnsigned(pair(v[8], v[9]), pair(v[10], v[11])) < 0 ? 1 : 0));
    cases.vector(
        "v_cmp_ge_i64_e64 s[10:11], v[8:9], v[10:11]\nv_cndmask_b32_e64 v20, v12, v13, s[10:11]",
        v -> of(pair(v[8], v[9]) >= pair(v[10], v[11]) ? v[13] : v[12]));
    cases.check(OpcodeCases.integers(3));
  }

  @Test
  void comparesAndMasks() {
    OpcodeCases cases = new OpcodeCases("compare");
    String select = "\nv_cndmask_b32_e64 v20, 0, 1, vcc";
    cases.vector("v_cmp_lt_i32_e32 vcc, v8, v9" + select, v -> of(v[8] < v[9] ? 1 : 0));
    cases.vector(
        "v_cmp_gt_u32_e32 vcc, v8, v9" + select,
        v -> of(Integer.compareUnsigned(v[8], v[9]) > 0 ? 1 : 0));
    cases.vector("v_cmp_ne_u32_e32 vcc, v8, v9" + select, v -> of(v[8] != v[9] ? 1 : 0));
    cases.vector(
        "v_cmp_le_i16_e32 vcc, v8, v9" + select, v -> of((short) v[8] <= (short) v[9] ? 1 : 0));
    // What is masked off keeps its value.
    cases.vector(
        "v_cmp_lt_i32_e32 vcc, v8, v9\ns_and_saveexec_b64 s[10:11], vcc\nv_mov_b32_e32 v20, v10\ns_mov_b64 exec, s[10:11]",
        v -> of(v[8] < v[9] ? v[10] : 0));
    cases.vector(
        "s_mov_b64 s[10:11], exec\nv_cmpx_eq_u32_e32 v8, v9\nv_mov_b32_e32 v20, 7\ns_mov_b64 exec, s[10:11]",
        v -> of(v[8] == v[9] ? 7 : 0));
    cases.check(OpcodeCases.integers(4));
  }

  @Test
  void packedHalvesOfRegisters() {
    OpcodeCases cases = new OpcodeCases("packed");
    cases.vector(
        "v_pk_add_u16 v20, v8, v9",
        v -> of(v[8] + v[9] & 0xFFFF | (v[8] >>> 16) + (v[9] >>> 16) << 16));
    cases.vector(
        "v_pk_add_u16 v20, v8, v9 op_sel:[1,0] op_sel_hi:[0,1]",
        v -> of((v[8] >>> 16) + v[9] & 0xFFFF | v[8] + (v[9] >>> 16) << 16));
    cases.vector(
        "v_pk_mul_lo_u16 v20, v8, v9",
        v -> of((v[8] & 0xFFFF) * (v[9] & 0xFFFF) & 0xFFFF | (v[8] >>> 16) * (v[9] >>> 16) << 16));
    cases.vector(
        "v_pk_max_i16 v20, v8, v9",
        v ->
            of(
                Math.max((short) v[8], (short) v[9]) & 0xFFFF
                    | Math.max(v[8] >> 16, v[9] >> 16) << 16));
    cases.vector("v_pk_mov_b32 v[20:21], v[8:9], v[10:11] op_sel:[1,0]", v -> of(v[9], v[10]));
    cases.vector("v_dot4_i32_i8 v20, v8, v9, v10", v -> of(dot8(v[8], v[9]) + v[10]));
    cases.check(OpcodeCases.integers(5));
  }

  private static int dot8(int a, int b) {
    int sum = 0;
    for (int k = 0; k < 32; k += 8) {
      sum += (byte) (a >> k) * (byte) (b >> k);
    }
    return sum;
  }

  @Test
  void bytesAndWordsOfRegisters() {
    OpcodeCases cases = new OpcodeCases("sdwa");
    String sdwa = " dst_sel:%s dst_unused:%s src0_sel:%s src1_sel:%s";
    cases.vector(
        "v_add_u32_sdwa v20, v8, v9" + sdwa.formatted("DWORD", "UNUSED_PAD", "BYTE_1", "WORD_1"),
        v -> of((v[8] >>> 8 & 0xFF) + (v[9] >>> 16)));
    cases.vector(
        "v_add_u32_sdwa v20, sext(v8), v9"
            + sdwa.formatted("DWORD", "UNUSED_PAD", "BYTE_3", "DWORD"),
        v -> of((v[8] >> 24) + v[9]));
    cases.vector(
        "v_mov_b32_e32 v20, v10\nv_or_b32_sdwa v20, v8, v9"
            + sdwa.formatted("WORD_1", "UNUSED_PRESERVE", "WORD_0", "DWORD"),
        v -> of((v[8] & 0xFFFF | v[9]) << 16 | v[10] & 0xFFFF));
    cases.vector(
        "v_lshlrev_b32_sdwa v20, v8, v9"
            + sdwa.formatted("BYTE_2", "UNUSED_PAD", "BYTE_0", "BYTE_1"),
        v -> of(((v[9] >>> 8 & 0xFF) << (v[8] & 31) & 0xFF) << 16));
    cases.check(OpcodeCases.integers(6));
  }
}
