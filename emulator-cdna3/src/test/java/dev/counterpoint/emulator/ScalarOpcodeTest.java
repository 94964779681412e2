package dev.counterpoint.emulator;

import static dev.counterpoint.emulator.OpcodeCases.pair;

import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** Scalar instructions and SCC against Java's arithmetic. */
@OnEmulatedDevice
class ScalarOpcodeTest {
  private static int[] out(int value, boolean scc) {
    return new int[] {value, 0, 0, scc ? 1 : 0};
  }

  private static int[] out64(long value, boolean scc) {
    return new int[] {(int) value, (int) (value >>> 32), 0, scc ? 1 : 0};
  }

  private static boolean below(int a, int b) {
    return Integer.compareUnsigned(a, b) < 0;
  }

  @Test
  void words() {
    OpcodeCases cases = new OpcodeCases("scalar32");
    String r = " s20, s8, s9";
    cases.scalar("s_add_u32" + r, v -> out(v[8] + v[9], below(v[8] + v[9], v[8])));
    cases.scalar("s_sub_u32" + r, v -> out(v[8] - v[9], below(v[8], v[9])));
    cases.scalar("s_add_i32" + r, v -> out(v[8] + v[9], (long) v[8] + v[9] != v[8] + v[9]));
    cases.scalar("s_sub_i32" + r, v -> out(v[8] - v[9], (long) v[8] - v[9] != v[8] - v[9]));
    cases.scalar("s_min_i32" + r, v -> out(Math.min(v[8], v[9]), v[8] < v[9]));
    cases.scalar("s_max_u32" + r, v -> out(below(v[8], v[9]) ? v[9] : v[8], below(v[9], v[8])));
    cases.scalar("s_and_b32" + r, v -> out(v[8] & v[9], (v[8] & v[9]) != 0));
    cases.scalar("s_andn2_b32" + r, v -> out(v[8] & ~v[9], (v[8] & ~v[9]) != 0));
    cases.scalar("s_xnor_b32" + r, v -> out(~(v[8] ^ v[9]), ~(v[8] ^ v[9]) != 0));
    cases.scalar("s_lshl_b32" + r, v -> out(v[8] << v[9], v[8] << v[9] != 0));
    cases.scalar("s_lshr_b32" + r, v -> out(v[8] >>> v[9], v[8] >>> v[9] != 0));
    cases.scalar("s_ashr_i32" + r, v -> out(v[8] >> v[9], v[8] >> v[9] != 0));
    cases.scalar(
        "s_mul_hi_u32" + r + "\ns_cmp_eq_u32 s8, s8",
        v -> out((int) ((v[8] & 0xFFFFFFFFL) * (v[9] & 0xFFFFFFFFL) >>> 32), true));
    cases.scalar(
        "s_bfe_u32 s20, s8, 0x80004", v -> out(v[8] >>> 4 & 0xFF, (v[8] >>> 4 & 0xFF) != 0));
    cases.scalar(
        "s_bfe_i32 s20, s8, 0x80004", v -> out((byte) (v[8] >>> 4), (byte) (v[8] >>> 4) != 0));
    cases.scalar(
        "s_lshl2_add_u32" + r,
        v ->
            out(
                (v[8] << 2) + v[9],
                ((v[8] & 0xFFFFFFFFL) << 2) + (v[9] & 0xFFFFFFFFL) >>> 32 != 0));
    cases.scalar(
        "s_pack_lh_b32_b16" + r + "\ns_cmp_lg_u32 s8, s8",
        v -> out(v[8] & 0xFFFF | v[9] & 0xFFFF0000, false));
    cases.scalar(
        "s_cmp_lt_i32 s8, s9\ns_cselect_b32 s20, s10, s11",
        v -> out(v[8] < v[9] ? v[10] : v[11], v[8] < v[9]));
    cases.scalar("s_add_u32 s20, s8, s10\ns_addc_u32 s21, s9, s11", v -> carry(v));
    cases.scalar("s_bcnt1_i32_b32 s20, s8", v -> out(Integer.bitCount(v[8]), v[8] != 0));
    cases.scalar("s_abs_i32 s20, s8", v -> out(Math.abs(v[8]), v[8] != 0));
    cases.scalar(
        "s_movk_i32 s20, 0x8001\ns_cmpk_eq_u32 s8, 0xffff", v -> out(0xFFFF8001, v[8] == 0xFFFF));
    cases.scalar(
        "s_mov_b32 s20, s8\ns_addk_i32 s20, 0x7fff",
        v -> out(v[8] + 0x7FFF, (long) v[8] + 0x7FFF != v[8] + 0x7FFF));
    cases.scalar(
        "s_bitcmp1_b32 s8, s9\ns_mov_b32 s20, s9", v -> out(v[9], (v[8] >>> (v[9] & 31) & 1) == 1));
    cases.scalar(
        "s_flbit_i32_b32 s20, s8\ns_cmp_eq_u32 s8, 0",
        v -> out(v[8] == 0 ? -1 : Integer.numberOfLeadingZeros(v[8]), v[8] == 0));
    cases.scalar(
        "s_sext_i32_i8 s20, s8\ns_cmp_eq_u64 s[8:9], s[10:11]",
        v -> out((byte) v[8], pair(v[8], v[9]) == pair(v[10], v[11])));
    cases.check(OpcodeCases.integers(11));
  }

  private static int[] carry(int[] v) {
    long low = (v[8] & 0xFFFFFFFFL) + (v[10] & 0xFFFFFFFFL);
    long high = (v[9] & 0xFFFFFFFFL) + (v[11] & 0xFFFFFFFFL) + (low >>> 32);
    return new int[] {(int) low, (int) high, 0, high >>> 32 != 0 ? 1 : 0};
  }

  private static OpcodeCases.Lane with(LongUnaryOperator f) {
    return v -> {
      long result = f.applyAsLong(pair(v[8], v[9]));
      return out64(result, result != 0);
    };
  }

  @Test
  void pairs() {
    OpcodeCases cases = new OpcodeCases("scalar64");
    cases.scalar(
        "s_and_b64 s[20:21], s[8:9], s[10:11]",
        v -> {
          long r = pair(v[8], v[9]) & pair(v[10], v[11]);
          return out64(r, r != 0);
        });
    cases.scalar("s_lshl_b64 s[20:21], s[8:9], 7", with(a -> a << 7));
    cases.scalar("s_lshr_b64 s[20:21], s[8:9], 33", with(a -> a >>> 33));
    cases.scalar("s_ashr_i64 s[20:21], s[8:9], 33", with(a -> a >> 33));
    cases.scalar("s_not_b64 s[20:21], s[8:9]", with(a -> ~a));
    cases.scalar("s_bfe_u64 s[20:21], s[8:9], 0x240008", with(a -> a >>> 8 & 0xFFFFFFFFFL));
    cases.scalar(
        "s_ff1_i32_b64 s20, s[8:9]\ns_cmp_lg_u64 s[8:9], 0",
        v -> {
          long a = pair(v[8], v[9]);
          return out(a == 0 ? -1 : Long.numberOfTrailingZeros(a), a != 0);
        });
    cases.scalar(
        "s_bcnt1_i32_b64 s20, s[8:9]",
        v -> out(Long.bitCount(pair(v[8], v[9])), pair(v[8], v[9]) != 0));
    cases.check(OpcodeCases.integers(12));
  }
}
