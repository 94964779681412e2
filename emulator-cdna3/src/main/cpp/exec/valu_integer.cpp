// Vector integer and bit operations on 32 and 16 bits.
#include <algorithm>

#include "exec/elementwise.h"
#include "exec/handlers.h"

namespace emu {
namespace {

u32 reverseBits(u32 a) {
  a = (a >> 1 & 0x55555555) | (a & 0x55555555) << 1;
  a = (a >> 2 & 0x33333333) | (a & 0x33333333) << 2;
  a = (a >> 4 & 0x0F0F0F0F) | (a & 0x0F0F0F0F) << 4;
  return __builtin_bswap32(a);
}
i32 signed24(u32 a) { return i32(a << 8) >> 8; }
u32 field(u32 a, u32 offset, u32 width) {
  offset &= 31;
  width &= 31;
  return a >> offset & ((1u << width) - 1);
}
i32 signedField(u32 a, u32 offset, u32 width) {
  width &= 31;
  const u32 f = field(a, offset, width);
  return width == 0 ? 0 : i32(f << (32 - width)) >> (32 - width);
}
template <class T> T median(T a, T b, T c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

/// v_perm_b32: bytes 0..3 of the selector pick from {src1, src0} as bytes 0..7; 8..11 are signs, 12 is 0, above 0xFF.
u32 permute(u32 high, u32 low, u32 selector) {
  const u64 bytes = u64(high) << 32 | low;
  u32 r = 0;
  for (unsigned k = 0; k < 4; k++) {
    const u32 s = selector >> (8 * k) & 0xFF;
    u32 byte;
    if (s < 8) byte = u32(bytes >> (8 * s)) & 0xFF;
    else if (s < 12) byte = bytes >> (16 * (s - 8) + 15) & 1 ? 0xFF : 0;
    else byte = s == 12 ? 0 : 0xFF;
    r |= byte << (8 * k);
  }
  return r;
}
u32 sumOfDifferences(u32 a, u32 b, bool skipZero) {
  u32 sum = 0;
  for (unsigned k = 0; k < 32; k += 8) {
    const int x = int(a >> k & 255), y = int(b >> k & 255);
    if (!(skipZero && y == 0)) sum += u32(x > y ? x - y : y - x);
  }
  return sum;
}

#define UNARY(X)                                                                       \
  X(v_not_b32, u32, u32, ~a)                                                           \
  X(v_bfrev_b32, u32, u32, reverseBits(a))                                             \
  X(v_ffbh_u32, u32, u32, a ? u32(__builtin_clz(a)) : ~0u)                             \
  X(v_ffbl_b32, u32, u32, a ? u32(__builtin_ctz(a)) : ~0u)                             \
  X(v_ffbh_i32, i32, u32, (a == 0 || a == -1) ? ~0u : u32(__builtin_clz(u32(a < 0 ? ~a : a))))
UNARY(LANES1)

#define BINARY(X)                                                                      \
  X(v_mul_i32_i24, u32, u32, u32(signed24(a)) * u32(signed24(b)))                      \
  X(v_mul_hi_i32_i24, u32, u32, u32((i64(signed24(a)) * signed24(b)) >> 32))           \
  X(v_mul_u32_u24, u32, u32, (a & 0xFFFFFF) * (b & 0xFFFFFF))                          \
  X(v_mul_hi_u32_u24, u32, u32, u32((u64(a & 0xFFFFFF) * (b & 0xFFFFFF)) >> 32))       \
  X(v_min_i32, i32, i32, a < b ? a : b)                                                \
  X(v_max_i32, i32, i32, a > b ? a : b)                                                \
  X(v_min_u32, u32, u32, a < b ? a : b)                                                \
  X(v_max_u32, u32, u32, a > b ? a : b)                                                \
  X(v_lshrrev_b32, u32, u32, b >> (a & 31))                                            \
  X(v_ashrrev_i32, u32, u32, u32(i32(b) >> (a & 31)))                                  \
  X(v_lshlrev_b32, u32, u32, b << (a & 31))                                            \
  X(v_and_b32, u32, u32, a & b)                                                        \
  X(v_or_b32, u32, u32, a | b)                                                         \
  X(v_xor_b32, u32, u32, a ^ b)                                                        \
  X(v_xnor_b32, u32, u32, ~(a ^ b))                                                    \
  X(v_mul_lo_u32, u32, u32, a * b)                                                     \
  X(v_mul_hi_u32, u32, u32, u32((u64(a) * b) >> 32))                                   \
  X(v_mul_hi_i32, i32, u32, u32((i64(a) * b) >> 32))                                   \
  X(v_bcnt_u32_b32, u32, u32, u32(__builtin_popcount(a)) + b)                          \
  X(v_bfm_b32, u32, u32, ((1u << (a & 31)) - 1) << (b & 31))                           \
  X(v_add_u16, u16, u16, u16(a + b))                                                   \
  X(v_sub_u16, u16, u16, u16(a - b))                                                   \
  X(v_subrev_u16, u16, u16, u16(b - a))                                                \
  X(v_add_i16, u16, u16, u16(a + b))                                                   \
  X(v_sub_i16, u16, u16, u16(a - b))                                                   \
  X(v_mul_lo_u16, u16, u16, u16(u32(a) * b))                                           \
  X(v_lshlrev_b16, u16, u16, u16(b << (a & 15)))                                       \
  X(v_lshrrev_b16, u16, u16, u16(b >> (a & 15)))                                       \
  X(v_ashrrev_i16, u16, u16, u16(i16(b) >> (a & 15)))                                  \
  X(v_max_u16, u16, u16, std::max(a, b))                                               \
  X(v_min_u16, u16, u16, std::min(a, b))                                               \
  X(v_max_i16, i16, i16, std::max(a, b))                                               \
  X(v_min_i16, i16, i16, std::min(a, b))                                               \
  X(v_pack_b32_f16, u16, u32, u32(a) | u32(b) << 16)                                   \
  X(v_cvt_pk_u16_u32, u32, u32, std::min(a, 0xFFFFu) | std::min(b, 0xFFFFu) << 16)     \
  X(v_cvt_pk_i16_i32, i32, u32,                                                        \
    (u32(std::clamp(a, -32768, 32767)) & 0xFFFF) | u32(std::clamp(b, -32768, 32767)) << 16)
BINARY(LANES2)

#define TERNARY(X)                                                                     \
  X(v_mad_i32_i24, u32, u32, u32(signed24(a)) * u32(signed24(b)) + c)                  \
  X(v_mad_u32_u24, u32, u32, (a & 0xFFFFFF) * (b & 0xFFFFFF) + c)                      \
  X(v_bfe_u32, u32, u32, field(a, b, c))                                               \
  X(v_bfe_i32, u32, u32, u32(signedField(a, b, c)))                                    \
  X(v_bfi_b32, u32, u32, (a & b) | (~a & c))                                           \
  X(v_alignbit_b32, u32, u32, u32((u64(a) << 32 | b) >> (c & 31)))                     \
  X(v_alignbyte_b32, u32, u32, u32((u64(a) << 32 | b) >> (8 * (c & 3))))               \
  X(v_min3_i32, i32, i32, std::min(std::min(a, b), c))                                 \
  X(v_min3_u32, u32, u32, std::min(std::min(a, b), c))                                 \
  X(v_max3_i32, i32, i32, std::max(std::max(a, b), c))                                 \
  X(v_max3_u32, u32, u32, std::max(std::max(a, b), c))                                 \
  X(v_med3_i32, i32, i32, median(a, b, c))                                             \
  X(v_med3_u32, u32, u32, median(a, b, c))                                             \
  X(v_min3_i16, i16, i16, std::min(std::min(a, b), c))                                 \
  X(v_min3_u16, u16, u16, std::min(std::min(a, b), c))                                 \
  X(v_max3_i16, i16, i16, std::max(std::max(a, b), c))                                 \
  X(v_max3_u16, u16, u16, std::max(std::max(a, b), c))                                 \
  X(v_med3_i16, i16, i16, median(a, b, c))                                             \
  X(v_med3_u16, u16, u16, median(a, b, c))                                             \
  X(v_mad_u16, u16, u16, u16(u32(a) * b + c))                                          \
  X(v_mad_i16, u16, u16, u16(u32(a) * b + c))                                          \
  X(v_perm_b32, u32, u32, permute(a, b, c))                                            \
  X(v_sad_u8, u32, u32, sumOfDifferences(a, b, false) + c)                             \
  X(v_msad_u8, u32, u32, sumOfDifferences(a, b, true) + c)                             \
  X(v_sad_u32, u32, u32, (a > b ? a - b : b - a) + c)                                  \
  X(v_xad_u32, u32, u32, (a ^ b) + c)                                                  \
  X(v_lshl_add_u32, u32, u32, (a << (b & 31)) + c)                                     \
  X(v_add_lshl_u32, u32, u32, (a + b) << (c & 31))                                     \
  X(v_add3_u32, u32, u32, a + b + c)                                                   \
  X(v_lshl_or_b32, u32, u32, a << (b & 31) | c)                                        \
  X(v_and_or_b32, u32, u32, (a & b) | c)                                               \
  X(v_or3_b32, u32, u32, a | b | c)
TERNARY(LANES3)

// Sums that may saturate (clamp).
void v_add_u32(Wave& w, const Instruction& i) {
  if (i.clamp) lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return a + b < a ? ~0u : a + b; });
  else lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return a + b; });
}
void v_sub_u32(Wave& w, const Instruction& i) {
  if (i.clamp) lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return a < b ? 0 : a - b; });
  else lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return a - b; });
}
void v_subrev_u32(Wave& w, const Instruction& i) {
  if (i.clamp) lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return b < a ? 0 : b - a; });
  else lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return b - a; });
}
i32 saturate(i64 value) { return i32(std::clamp<i64>(value, INT32_MIN, INT32_MAX)); }
void v_add_i32(Wave& w, const Instruction& i) {
  if (i.clamp) lanes2<i32, i32>(w, i, [](i32 a, i32 b) { return saturate(i64(a) + b); });
  else lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return a + b; });
}
void v_sub_i32(Wave& w, const Instruction& i) {
  if (i.clamp) lanes2<i32, i32>(w, i, [](i32 a, i32 b) { return saturate(i64(a) - b); });
  else lanes2<u32, u32>(w, i, [](u32 a, u32 b) { return a - b; });
}

// Mixed widths: 16-bit factors, of which op_sel may pick the high ones, and a 32-bit addend.
template <class T> void mad16(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32 *a = sourceRaw(w, i.src[0], 0, b0), *b = sourceRaw(w, i.src[1], 0, b1), *c = sourceRaw(w, i.src[2], 0, b2);
  const unsigned sa = i.opsel & 1 ? 16 : 0, sb = i.opsel & 2 ? 16 : 0;
  for (unsigned l = 0; l < LANES; l++) out[l] = u32(i32(T(a[l] >> sa))) * u32(i32(T(b[l] >> sb))) + c[l];
  resultRaw(w, w.vector(i.dst), out);
}
void v_mad_u32_u16(Wave& w, const Instruction& i) { mad16<u16>(w, i); }
void v_mad_i32_i16(Wave& w, const Instruction& i) { mad16<i16>(w, i); }

// Sums with a carry in a mask.
template <class F> void withCarry(Wave& w, const Instruction& i, bool carryIn, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES], carry[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1);
  const u64 in = carryIn ? readScalar(w, i.src[2]) : 0;
  for (unsigned l = 0; l < LANES; l++) {
    const i64 r = f(i64(a[l]), i64(b[l]), i64(in >> l & 1));
    out[l] = u32(r);
    carry[l] = r < 0 || r >> 32 ? ~0u : 0;
  }
  const u64 mask = packMask(carry);
  result32(w, i, out);
  resultMask(w, i.sdst, mask);
}
void v_add_co_u32(Wave& w, const Instruction& i) { withCarry(w, i, false, [](i64 a, i64 b, i64) { return a + b; }); }
void v_sub_co_u32(Wave& w, const Instruction& i) { withCarry(w, i, false, [](i64 a, i64 b, i64) { return a - b; }); }
void v_subrev_co_u32(Wave& w, const Instruction& i) { withCarry(w, i, false, [](i64 a, i64 b, i64) { return b - a; }); }
void v_addc_co_u32(Wave& w, const Instruction& i) { withCarry(w, i, true, [](i64 a, i64 b, i64 c) { return a + b + c; }); }
void v_subb_co_u32(Wave& w, const Instruction& i) { withCarry(w, i, true, [](i64 a, i64 b, i64 c) { return a - b - c; }); }
void v_subbrev_co_u32(Wave& w, const Instruction& i) { withCarry(w, i, true, [](i64 a, i64 b, i64 c) { return b - a - c; }); }

void v_cndmask_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1);
  const u64 condition = readScalar(w, i.src[2]);
  for (unsigned l = 0; l < LANES; l++) out[l] = condition >> l & 1 ? b[l] : a[l];
  result32(w, i, out);
}

}  // namespace

const std::vector<HandlerRow>& integerHandlers() {
  static const std::vector<HandlerRow> rows = {
      UNARY(HANDLER_ROW) BINARY(HANDLER_ROW) TERNARY(HANDLER_ROW)
#define ROW(name) {#name, name},
      ROW(v_add_u32) ROW(v_sub_u32) ROW(v_subrev_u32) ROW(v_add_i32) ROW(v_sub_i32) ROW(v_mad_u32_u16) ROW(v_mad_i32_i16)
      ROW(v_add_co_u32) ROW(v_sub_co_u32) ROW(v_subrev_co_u32) ROW(v_addc_co_u32) ROW(v_subb_co_u32) ROW(v_subbrev_co_u32)
      ROW(v_cndmask_b32)
  };
  return rows;
}

}  // namespace emu
