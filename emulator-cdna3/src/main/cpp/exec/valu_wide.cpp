// Vector operations on 64-bit integers and doubles.
#include <cmath>

#include "exec/handlers.h"

namespace emu {
namespace {

struct Wide {
  u64 a[LANES], b[LANES], c[LANES], out[LANES];
  Wide(Wave& w, const Instruction& i) {
    if (i.src[0].kind != Kind::NONE) source64(w, i, 0, a);
    if (i.src[1].kind != Kind::NONE) source64(w, i, 1, b);
    if (i.src[2].kind != Kind::NONE) source64(w, i, 2, c);
  }
};

double d(u64 bits) { return bitsAs<double>(bits); }
u64 bitsOf(double value) { return bitsAs<u64>(value); }
double minimum(double a, double b) { return a != a ? b : b != b ? a : a < b || (a == b && std::signbit(a)) ? a : b; }
double maximum(double a, double b) { return a != a ? b : b != b ? a : a > b || (a == b && !std::signbit(a)) ? a : b; }
double mantissa(double a) {
  int e;
  return std::isfinite(a) ? std::frexp(a, &e) : a;
}
double fract(double a) {
  const double r = a - std::floor(a);
  return r < 0x1.fffffffffffffp-1 || r != r ? r : 0x1.fffffffffffffp-1;
}
double divFixup(double quotient, double denominator, double numerator) {
  const double sign = std::signbit(denominator) != std::signbit(numerator) ? -1.0 : 1.0;
  if (numerator != numerator) return numerator;
  if (denominator != denominator) return denominator;
  if ((numerator == 0 && denominator == 0) || (std::isinf(numerator) && std::isinf(denominator))) return NAN;
  if (denominator == 0 || std::isinf(numerator)) return std::copysign(INFINITY, sign);
  if (std::isinf(denominator) || numerator == 0) return std::copysign(0.0, sign);
  return std::copysign(quotient, sign);
}

#define WIDE(X)                                                           \
  X(v_mov_b64, A)                                                         \
  X(v_lshlrev_b64, B << (A & 63))                                         \
  X(v_lshrrev_b64, B >> (A & 63))                                         \
  X(v_ashrrev_i64, u64(i64(B) >> (A & 63)))                               \
  X(v_lshl_add_u64, (A << (B & 7)) + C)                                   \
  X(v_add_f64, bitsOf(d(A) + d(B)))                                       \
  X(v_mul_f64, bitsOf(d(A) * d(B)))                                       \
  X(v_min_f64, bitsOf(minimum(d(A), d(B))))                               \
  X(v_max_f64, bitsOf(maximum(d(A), d(B))))                               \
  X(v_fma_f64, bitsOf(std::fma(d(A), d(B), d(C))))                        \
  X(v_ldexp_f64, bitsOf(std::ldexp(d(A), i32(u32(B)))))                   \
  X(v_div_fixup_f64, bitsOf(divFixup(d(A), d(B), d(C))))                  \
  X(v_trunc_f64, bitsOf(std::trunc(d(A))))                                \
  X(v_ceil_f64, bitsOf(std::ceil(d(A))))                                  \
  X(v_rndne_f64, bitsOf(std::nearbyint(d(A))))                            \
  X(v_floor_f64, bitsOf(std::floor(d(A))))                                \
  X(v_fract_f64, bitsOf(fract(d(A))))                                     \
  X(v_rcp_f64, bitsOf(1.0 / d(A)))                                        \
  X(v_rsq_f64, bitsOf(1.0 / std::sqrt(d(A))))                             \
  X(v_sqrt_f64, bitsOf(std::sqrt(d(A))))                                  \
  X(v_frexp_mant_f64, bitsOf(mantissa(d(A))))
#define A x.a[l]
#define B x.b[l]
#define C x.c[l]
#define DEFINE(name, value)                                \
  void name(Wave& w, const Instruction& i) {               \
    Wide x(w, i);                                          \
    for (unsigned l = 0; l < LANES; l++) x.out[l] = value; \
    result64(w, i, x.out);                                 \
  }
WIDE(DEFINE)
#undef DEFINE
#undef A
#undef B
#undef C

void v_fmac_f64(Wave& w, const Instruction& i) {
  Wide x(w, i);
  const u32 *low = w.vector(i.dst), *high = w.vector(i.dst, 1);
  for (unsigned l = 0; l < LANES; l++)
    x.out[l] = bitsOf(std::fma(d(x.a[l]), d(x.b[l]), d(low[l] | u64(high[l]) << 32)));
  result64(w, i, x.out);
}

template <class T> void mad64(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES];
  const u32 *a = sourceRaw(w, i.src[0], 0, b0), *b = sourceRaw(w, i.src[1], 0, b1);
  u64 c[LANES], out[LANES];
  u32 carry[LANES];
  source64(w, i, 2, c);
  for (unsigned l = 0; l < LANES; l++) {
    const __int128 sum = __int128(T(a[l])) * T(b[l]) + (sizeof(T) && T(-1) < 0 ? __int128(i64(c[l])) : __int128(c[l]));
    out[l] = u64(sum);
    carry[l] = u64(sum >> 64) ? ~0u : 0;
  }
  alignas(64) u32 aligned[LANES];
  std::memcpy(aligned, carry, sizeof carry);
  const u64 mask = packMask(aligned);
  result64(w, i, out);
  resultMask(w, i.sdst, mask);
}
void v_mad_u64_u32(Wave& w, const Instruction& i) { mad64<u32>(w, i); }
void v_mad_i64_i32(Wave& w, const Instruction& i) { mad64<i32>(w, i); }

}  // namespace

const std::vector<HandlerRow>& wideHandlers() {
  static const std::vector<HandlerRow> rows = {
#define ROW(name, value) {#name, name},
      WIDE(ROW) {"v_fmac_f64", v_fmac_f64}, {"v_mad_u64_u32", v_mad_u64_u32}, {"v_mad_i64_i32", v_mad_i64_i32},
  };
  return rows;
}

}  // namespace emu
