// Scalar arithmetic.
#include "exec/handlers.h"
#include "exec/lanes.h"

namespace emu {
namespace {

template <class T> T scalarSource(Wave& w, const Instruction& i, unsigned k) { return T(readScalar(w, i.src[k])); }

// name, type of sources, result, and what SCC becomes ("result is not 0" is NZ, untouched is KEEP)
#define NZ (r != 0)
#define KEEP w.scc
#define SCALAR_BINARY(X)                                                                              \
  X(s_add_u32, u32, u32, u32(a + b), u32(a + b) < a)                                                  \
  X(s_sub_u32, u32, u32, a - b, b > a)                                                                \
  X(s_add_i32, i32, u32, u32(a) + u32(b), i64(a) + b != i64(i32(r)))                                  \
  X(s_sub_i32, i32, u32, u32(a) - u32(b), i64(a) - b != i64(i32(r)))                                  \
  X(s_addc_u32, u32, u32, a + b + w.scc, (u64(a) + b + w.scc) >> 32 != 0)                             \
  X(s_subb_u32, u32, u32, a - b - w.scc, u64(b) + w.scc > a)                                          \
  X(s_min_i32, i32, u32, u32(a < b ? a : b), a < b)                                                   \
  X(s_min_u32, u32, u32, a < b ? a : b, a < b)                                                        \
  X(s_max_i32, i32, u32, u32(a > b ? a : b), a > b)                                                   \
  X(s_max_u32, u32, u32, a > b ? a : b, a > b)                                                        \
  X(s_cselect_b32, u32, u32, w.scc ? a : b, KEEP)                                                     \
  X(s_cselect_b64, u64, u64, w.scc ? a : b, KEEP)                                                     \
  X(s_and_b32, u32, u32, a & b, NZ)                                                                   \
  X(s_and_b64, u64, u64, a & b, NZ)                                                                   \
  X(s_or_b32, u32, u32, a | b, NZ)                                                                    \
  X(s_or_b64, u64, u64, a | b, NZ)                                                                    \
  X(s_xor_b32, u32, u32, a ^ b, NZ)                                                                   \
  X(s_xor_b64, u64, u64, a ^ b, NZ)                                                                   \
  X(s_andn2_b32, u32, u32, a & ~b, NZ)                                                                \
  X(s_andn2_b64, u64, u64, a & ~b, NZ)                                                                \
  X(s_orn2_b32, u32, u32, a | ~b, NZ)                                                                 \
  X(s_orn2_b64, u64, u64, a | ~b, NZ)                                                                 \
  X(s_nand_b32, u32, u32, ~(a & b), NZ)                                                               \
  X(s_nand_b64, u64, u64, ~(a & b), NZ)                                                               \
  X(s_nor_b32, u32, u32, ~(a | b), NZ)                                                                \
  X(s_nor_b64, u64, u64, ~(a | b), NZ)                                                                \
  X(s_xnor_b32, u32, u32, ~(a ^ b), NZ)                                                               \
  X(s_xnor_b64, u64, u64, ~(a ^ b), NZ)                                                               \
  X(s_lshl_b32, u32, u32, a << (b & 31), NZ)                                                          \
  X(s_lshl_b64, u64, u64, a << (b & 63), NZ)                                                          \
  X(s_lshr_b32, u32, u32, a >> (b & 31), NZ)                                                          \
  X(s_lshr_b64, u64, u64, a >> (b & 63), NZ)                                                          \
  X(s_ashr_i32, i32, u32, u32(a >> (b & 31)), NZ)                                                     \
  X(s_ashr_i64, i64, u64, u64(a >> (b & 63)), NZ)                                                     \
  X(s_bfm_b32, u32, u32, ((1u << (a & 31)) - 1) << (b & 31), KEEP)                                    \
  X(s_bfm_b64, u64, u64, ((1ull << (a & 63)) - 1) << (b & 63), KEEP)                                  \
  X(s_mul_i32, u32, u32, a * b, KEEP)                                                                 \
  X(s_mul_hi_u32, u32, u32, u32((u64(a) * b) >> 32), KEEP)                                            \
  X(s_mul_hi_i32, i32, u32, u32((i64(a) * b) >> 32), KEEP)                                            \
  X(s_bfe_u32, u32, u32, bitField<u32>(a, b), NZ)                                                     \
  X(s_bfe_i32, u32, u32, u32(signedField<i32, u32>(a, b)), NZ)                                        \
  X(s_bfe_u64, u64, u64, bitField<u64>(a, u32(b)), NZ)                                                \
  X(s_bfe_i64, u64, u64, u64(signedField<i64, u64>(a, u32(b))), NZ)                                   \
  X(s_absdiff_i32, i32, u32, a > b ? u32(a) - u32(b) : u32(b) - u32(a), NZ)                           \
  X(s_lshl1_add_u32, u32, u32, (a << 1) + b, ((u64(a) << 1) + b) >> 32 != 0)                          \
  X(s_lshl2_add_u32, u32, u32, (a << 2) + b, ((u64(a) << 2) + b) >> 32 != 0)                          \
  X(s_lshl3_add_u32, u32, u32, (a << 3) + b, ((u64(a) << 3) + b) >> 32 != 0)                          \
  X(s_lshl4_add_u32, u32, u32, (a << 4) + b, ((u64(a) << 4) + b) >> 32 != 0)                          \
  X(s_pack_ll_b32_b16, u32, u32, (a & 0xFFFF) | b << 16, KEEP)                                        \
  X(s_pack_lh_b32_b16, u32, u32, (a & 0xFFFF) | (b & 0xFFFF0000), KEEP)                               \
  X(s_pack_hh_b32_b16, u32, u32, a >> 16 | (b & 0xFFFF0000), KEEP)

/// Field of `a` at b[5:0], b[22:16] wide.
template <class T> T bitField(T a, u32 b) {
  const unsigned offset = b & (sizeof(T) * 8 - 1), width = b >> 16 & 127;
  if (width == 0) return 0;
  const T shifted = T(a >> offset);
  return width >= sizeof(T) * 8 ? shifted : T(shifted & ((T(1) << width) - 1));
}

template <class S, class T> S signedField(T a, u32 b) {
  const unsigned width = b >> 16 & 127, total = sizeof(T) * 8;
  const T field = bitField<T>(a, b);
  if (width == 0) return 0;
  return width >= total ? S(field) : S(field << (total - width)) >> (total - width);
}

#define DEFINE(name, type, resultType, value, flag)            \
  void name(Wave& w, const Instruction& i) {                   \
    const type a = scalarSource<type>(w, i, 0);                \
    const type b = scalarSource<type>(w, i, 1);                \
    (void)a;                                                   \
    (void)b;                                                   \
    const resultType r = resultType(value);                    \
    const bool newScc = flag;                                  \
    writeScalar(w, i.dst, r);                                  \
    w.scc = newScc;                                            \
  }
SCALAR_BINARY(DEFINE)
#undef DEFINE

u32 leadingSame32(i32 a) {
  const u32 x = u32(a < 0 ? ~a : a);
  return x ? u32(__builtin_clz(x)) : ~0u;
}
u32 leadingSame64(i64 a) {
  const u64 x = u64(a < 0 ? ~a : a);
  return x ? u32(__builtin_clzll(x)) : ~0u;
}
template <class T> T reverse(T a) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; k++) r |= T(a >> k & 1) << (sizeof(T) * 8 - 1 - k);
  return r;
}
template <class T> T wholeQuads(T a) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; k += 4)
    if (a >> k & 15) r |= T(15) << k;
  return r;
}
template <class T> T quadMask(T a) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; k += 4)
    if (a >> k & 15) r |= T(1) << (k / 4);
  return r;
}
u64 replicate(u32 a) {
  u64 r = 0;
  for (unsigned k = 0; k < 32; k++) r |= u64(a >> k & 1) * 3 << (2 * k);
  return r;
}

#define SCALAR_UNARY(X)                                                        \
  X(s_mov_b32, u32, u32, a, KEEP)                                              \
  X(s_mov_b64, u64, u64, a, KEEP)                                              \
  X(s_cmov_b32, u32, u32, w.scc ? a : u32(w.sgpr[i.dst.reg]), KEEP)            \
  X(s_cmov_b64, u64, u64, w.scc ? a : readScalar(w, i.dst), KEEP)              \
  X(s_not_b32, u32, u32, ~a, NZ)                                               \
  X(s_not_b64, u64, u64, ~a, NZ)                                               \
  X(s_wqm_b32, u32, u32, wholeQuads(a), NZ)                                    \
  X(s_wqm_b64, u64, u64, wholeQuads(a), NZ)                                    \
  X(s_brev_b32, u32, u32, reverse(a), KEEP)                                    \
  X(s_brev_b64, u64, u64, reverse(a), KEEP)                                    \
  X(s_bcnt0_i32_b32, u32, u32, u32(__builtin_popcount(~a)), NZ)                \
  X(s_bcnt0_i32_b64, u64, u32, u32(__builtin_popcountll(~a)), NZ)              \
  X(s_bcnt1_i32_b32, u32, u32, u32(__builtin_popcount(a)), NZ)                 \
  X(s_bcnt1_i32_b64, u64, u32, u32(__builtin_popcountll(a)), NZ)               \
  X(s_ff0_i32_b32, u32, u32, ~a ? u32(__builtin_ctz(~a)) : ~0u, KEEP)          \
  X(s_ff0_i32_b64, u64, u32, ~a ? u32(__builtin_ctzll(~a)) : ~0u, KEEP)        \
  X(s_ff1_i32_b32, u32, u32, a ? u32(__builtin_ctz(a)) : ~0u, KEEP)            \
  X(s_ff1_i32_b64, u64, u32, a ? u32(__builtin_ctzll(a)) : ~0u, KEEP)          \
  X(s_flbit_i32_b32, u32, u32, a ? u32(__builtin_clz(a)) : ~0u, KEEP)          \
  X(s_flbit_i32_b64, u64, u32, a ? u32(__builtin_clzll(a)) : ~0u, KEEP)        \
  X(s_flbit_i32, i32, u32, leadingSame32(a), KEEP)                             \
  X(s_flbit_i32_i64, i64, u32, leadingSame64(a), KEEP)                         \
  X(s_sext_i32_i8, u32, u32, u32(i32(i8(a))), KEEP)                            \
  X(s_sext_i32_i16, u32, u32, u32(i32(i16(a))), KEEP)                          \
  X(s_bitset0_b32, u32, u32, u32(w.sgpr[i.dst.reg]) & ~(1u << (a & 31)), KEEP) \
  X(s_bitset0_b64, u32, u64, readScalar(w, i.dst) & ~(1ull << (a & 63)), KEEP) \
  X(s_bitset1_b32, u32, u32, u32(w.sgpr[i.dst.reg]) | 1u << (a & 31), KEEP)    \
  X(s_bitset1_b64, u32, u64, readScalar(w, i.dst) | 1ull << (a & 63), KEEP)    \
  X(s_abs_i32, i32, u32, a < 0 ? 0u - u32(a) : u32(a), NZ)                     \
  X(s_quadmask_b32, u32, u32, quadMask(a), NZ)                                 \
  X(s_quadmask_b64, u64, u64, quadMask(a), NZ)                                 \
  X(s_bitreplicate_b64_b32, u32, u64, replicate(a), KEEP)

#define DEFINE(name, type, resultType, value, flag)  \
  void name(Wave& w, const Instruction& i) {         \
    const type a = scalarSource<type>(w, i, 0);      \
    const resultType r = resultType(value);          \
    const bool newScc = flag;                        \
    writeScalar(w, i.dst, r);                        \
    w.scc = newScc;                                  \
  }
SCALAR_UNARY(DEFINE)
#undef DEFINE

#define SAVE_EXEC(X)                            \
  X(s_and_saveexec_b64, a & e)                  \
  X(s_or_saveexec_b64, a | e)                   \
  X(s_xor_saveexec_b64, a ^ e)                  \
  X(s_andn2_saveexec_b64, a & ~e)               \
  X(s_orn2_saveexec_b64, a | ~e)                \
  X(s_nand_saveexec_b64, ~(a & e))              \
  X(s_nor_saveexec_b64, ~(a | e))               \
  X(s_xnor_saveexec_b64, ~(a ^ e))              \
  X(s_andn1_saveexec_b64, ~a & e)               \
  X(s_orn1_saveexec_b64, ~a | e)
#define DEFINE(name, value)                     \
  void name(Wave& w, const Instruction& i) {    \
    const u64 a = readScalar(w, i.src[0]);      \
    const u64 e = w.exec();                     \
    writeScalar(w, i.dst, e);                   \
    w.exec() = value;                           \
    w.scc = w.exec() != 0;                      \
  }
SAVE_EXEC(DEFINE)
#undef DEFINE

void s_andn1_wrexec_b64(Wave& w, const Instruction& i) {
  w.exec() &= ~readScalar(w, i.src[0]);
  writeScalar(w, i.dst, w.exec());
  w.scc = w.exec() != 0;
}
void s_andn2_wrexec_b64(Wave& w, const Instruction& i) {
  w.exec() = readScalar(w, i.src[0]) & ~w.exec();
  writeScalar(w, i.dst, w.exec());
  w.scc = w.exec() != 0;
}

#define SCALAR_COMPARE(X)                                                                                       \
  X(s_cmp_eq_i32, i32, a == b) X(s_cmp_lg_i32, i32, a != b) X(s_cmp_gt_i32, i32, a > b)                         \
  X(s_cmp_ge_i32, i32, a >= b) X(s_cmp_lt_i32, i32, a < b) X(s_cmp_le_i32, i32, a <= b)                         \
  X(s_cmp_eq_u32, u32, a == b) X(s_cmp_lg_u32, u32, a != b) X(s_cmp_gt_u32, u32, a > b)                         \
  X(s_cmp_ge_u32, u32, a >= b) X(s_cmp_lt_u32, u32, a < b) X(s_cmp_le_u32, u32, a <= b)                         \
  X(s_cmp_eq_u64, u64, a == b) X(s_cmp_lg_u64, u64, a != b)                                                     \
  X(s_bitcmp0_b32, u32, !(a >> (b & 31) & 1)) X(s_bitcmp1_b32, u32, a >> (b & 31) & 1)                          \
  X(s_bitcmp0_b64, u64, !(a >> (b & 63) & 1)) X(s_bitcmp1_b64, u64, a >> (b & 63) & 1)
#define DEFINE(name, type, value)                                                       \
  void name(Wave& w, const Instruction& i) {                                            \
    const type a = scalarSource<type>(w, i, 0), b = scalarSource<type>(w, i, 1);        \
    w.scc = value;                                                                      \
  }
SCALAR_COMPARE(DEFINE)
#undef DEFINE

// Signed constants are sign-extended, unsigned ones are not.
#define SCALAR_CONSTANT(X)                                                                                      \
  X(s_cmpk_eq_i32, i32, i16, a == b) X(s_cmpk_lg_i32, i32, i16, a != b) X(s_cmpk_gt_i32, i32, i16, a > b)       \
  X(s_cmpk_ge_i32, i32, i16, a >= b) X(s_cmpk_lt_i32, i32, i16, a < b) X(s_cmpk_le_i32, i32, i16, a <= b)       \
  X(s_cmpk_eq_u32, u32, u16, a == b) X(s_cmpk_lg_u32, u32, u16, a != b) X(s_cmpk_gt_u32, u32, u16, a > b)       \
  X(s_cmpk_ge_u32, u32, u16, a >= b) X(s_cmpk_lt_u32, u32, u16, a < b) X(s_cmpk_le_u32, u32, u16, a <= b)
#define DEFINE(name, type, immediate, value)                                   \
  void name(Wave& w, const Instruction& i) {                                   \
    const type a = type(w.sgpr[i.dst.reg]), b = type(immediate(i.offset));     \
    w.scc = value;                                                             \
  }
SCALAR_CONSTANT(DEFINE)
#undef DEFINE

void s_movk_i32(Wave& w, const Instruction& i) { w.sgpr[i.dst.reg] = u32(i.offset); }
void s_cmovk_i32(Wave& w, const Instruction& i) {
  if (w.scc) w.sgpr[i.dst.reg] = u32(i.offset);
}
void s_addk_i32(Wave& w, const Instruction& i) {
  const i64 sum = i64(i32(w.sgpr[i.dst.reg])) + i.offset;
  w.sgpr[i.dst.reg] = u32(sum);
  w.scc = sum != i64(i32(sum));
}
void s_mulk_i32(Wave& w, const Instruction& i) { w.sgpr[i.dst.reg] *= u32(i.offset); }

}  // namespace

const std::vector<HandlerRow>& scalarHandlers() {
  static const std::vector<HandlerRow> rows = {
#define ROW5(name, a, b, c, d) {#name, name},
#define ROW4(name, a, b, c) {#name, name},
#define ROW3(name, a, b) {#name, name},
#define ROW2(name, a) {#name, name},
      SCALAR_BINARY(ROW5) SCALAR_UNARY(ROW5) SAVE_EXEC(ROW2) SCALAR_COMPARE(ROW3) SCALAR_CONSTANT(ROW4)
      {"s_andn1_wrexec_b64", s_andn1_wrexec_b64}, {"s_andn2_wrexec_b64", s_andn2_wrexec_b64},
      {"s_movk_i32", s_movk_i32}, {"s_cmovk_i32", s_cmovk_i32}, {"s_addk_i32", s_addk_i32}, {"s_mulk_i32", s_mulk_i32},
  };
  return rows;
}

}  // namespace emu
