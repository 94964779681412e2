// Vector floating point on f32 and f16. Reciprocals, roots and transcendentals are the host's, rounded to nearest:
// within AMD's stated error, not equal to the hardware's last bit.
#include <cmath>

#include "exec/elementwise.h"
#include "exec/handlers.h"

namespace emu {
namespace {

// AMD's min and max return the operand that is a number.
float minimum(float a, float b) { return a != a ? b : b != b ? a : a < b || (a == b && std::signbit(a)) ? a : b; }
float maximum(float a, float b) { return a != a ? b : b != b ? a : a > b || (a == b && !std::signbit(a)) ? a : b; }
float median(float a, float b, float c) {
  if (a != a || b != b || c != c) return minimum(minimum(a, b), c);
  return maximum(minimum(a, b), minimum(maximum(a, b), c));
}
float fract(float a) {
  const float r = a - std::floor(a);
  return r < 0x1.fffffep-1f || r != r ? r : 0x1.fffffep-1f;
}
float mantissa(float a) {
  int exponent;
  return std::isfinite(a) ? std::frexp(a, &exponent) : a;
}
i32 exponent(float a) {
  int e = 0;
  if (std::isfinite(a) && a != 0) std::frexp(a, &e);
  return e;
}
float legacyMultiply(float a, float b) { return a == 0 || b == 0 ? 0 : a * b; }
constexpr double TURN = 6.283185307179586;

float divFixup(float quotient, float denominator, float numerator) {
  const bool negative = std::signbit(denominator) != std::signbit(numerator);
  const float zero = negative ? -0.0f : 0.0f, infinity = negative ? -INFINITY : INFINITY;
  if (numerator != numerator) return numerator;
  if (denominator != denominator) return denominator;
  if ((numerator == 0 && denominator == 0) || (std::isinf(numerator) && std::isinf(denominator))) return NAN;
  if (denominator == 0 || std::isinf(numerator)) return infinity;
  if (std::isinf(denominator) || numerator == 0) return zero;
  return std::copysign(quotient, zero);
}

#define UNARY(X)                                                                                   \
  X(v_fract_f32, float, float, fract(a))                                                           \
  X(v_trunc_f32, float, float, std::trunc(a))                                                      \
  X(v_ceil_f32, float, float, std::ceil(a))                                                        \
  X(v_rndne_f32, float, float, std::nearbyint(a))                                                  \
  X(v_floor_f32, float, float, std::floor(a))                                                      \
  X(v_exp_f32, float, float, std::exp2(a))                                                         \
  X(v_log_f32, float, float, std::log2(a))                                                         \
  X(v_exp_legacy_f32, float, float, std::exp2(a))                                                  \
  X(v_log_legacy_f32, float, float, std::log2(a))                                                  \
  X(v_rcp_f32, float, float, 1.0f / a)                                                             \
  X(v_rcp_iflag_f32, float, float, 1.0f / a)                                                       \
  X(v_rsq_f32, float, float, float(1.0 / std::sqrt(double(a))))                                    \
  X(v_sqrt_f32, float, float, std::sqrt(a))                                                        \
  X(v_sin_f32, float, float, float(std::sin(double(a) * TURN)))                                    \
  X(v_cos_f32, float, float, float(std::cos(double(a) * TURN)))                                    \
  X(v_frexp_exp_i32_f32, float, i32, exponent(a))                                                  \
  X(v_frexp_mant_f32, float, float, mantissa(a))                                                   \
  X(v_rcp_f16, Half, Half, 1.0f / a)                                                               \
  X(v_sqrt_f16, Half, Half, std::sqrt(a))                                                          \
  X(v_rsq_f16, Half, Half, float(1.0 / std::sqrt(double(a))))                                      \
  X(v_log_f16, Half, Half, std::log2(a))                                                           \
  X(v_exp_f16, Half, Half, std::exp2(a))                                                           \
  X(v_floor_f16, Half, Half, std::floor(a))                                                        \
  X(v_ceil_f16, Half, Half, std::ceil(a))                                                          \
  X(v_trunc_f16, Half, Half, std::trunc(a))                                                        \
  X(v_rndne_f16, Half, Half, std::nearbyint(a))                                                    \
  X(v_sin_f16, Half, Half, float(std::sin(double(a) * TURN)))                                      \
  X(v_cos_f16, Half, Half, float(std::cos(double(a) * TURN)))                                      \
  X(v_frexp_mant_f16, Half, Half, mantissa(a))                                                     \
  X(v_frexp_exp_i16_f16, Half, i16, i16(exponent(a)))
UNARY(LANES1)

#define BINARY(X)                                                                                  \
  X(v_add_f32, float, float, a + b)                                                                \
  X(v_sub_f32, float, float, a - b)                                                                \
  X(v_subrev_f32, float, float, b - a)                                                             \
  X(v_mul_f32, float, float, a * b)                                                                \
  X(v_mul_legacy_f32, float, float, legacyMultiply(a, b))                                          \
  X(v_min_f32, float, float, minimum(a, b))                                                        \
  X(v_max_f32, float, float, maximum(a, b))                                                        \
  X(v_add_f16, Half, Half, a + b)                                                                  \
  X(v_sub_f16, Half, Half, a - b)                                                                  \
  X(v_subrev_f16, Half, Half, b - a)                                                               \
  X(v_mul_f16, Half, Half, a * b)                                                                  \
  X(v_max_f16, Half, Half, maximum(a, b))                                                          \
  X(v_min_f16, Half, Half, minimum(a, b))
BINARY(LANES2)

#define TERNARY(X)                                                                                 \
  X(v_fma_f32, float, float, std::fma(a, b, c))                                                    \
  X(v_min3_f32, float, float, minimum(minimum(a, b), c))                                           \
  X(v_max3_f32, float, float, maximum(maximum(a, b), c))                                           \
  X(v_med3_f32, float, float, median(a, b, c))                                                     \
  X(v_div_fixup_f32, float, float, divFixup(a, b, c))                                              \
  X(v_fmamk_f32, float, float, std::fma(a, b, c))                                                  \
  X(v_fmaak_f32, float, float, std::fma(a, b, c))                                                  \
  X(v_fma_f16, Half, Half, float(std::fma(double(a), double(b), double(c))))                       \
  X(v_mad_f16, Half, Half, halfToFloat(floatToHalf(a * b)) + c)                                    \
  X(v_min3_f16, Half, Half, minimum(minimum(a, b), c))                                             \
  X(v_max3_f16, Half, Half, maximum(maximum(a, b), c))                                             \
  X(v_med3_f16, Half, Half, median(a, b, c))                                                       \
  X(v_div_fixup_f16, Half, Half, divFixup(a, b, c))
TERNARY(LANES3)

void v_fmac_f32(Wave& w, const Instruction& i) {
  lanesAccumulate<float>(w, i, [](float a, float b, float c) { return std::fma(a, b, c); });
}

/// Scales by a power of two in an integer register.
template <bool HALF> void ldexp32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = sourceRaw(w, i.src[1], 0, b1);
  for (unsigned l = 0; l < LANES; l++)
    out[l] = HALF ? floatToHalf(std::ldexp(halfToFloat(u16(a[l])), i16(b[l]))) : bitsAs<u32>(std::ldexp(bitsAs<float>(a[l]), i32(b[l])));
  result32(w, i, out);
}
void v_ldexp_f32(Wave& w, const Instruction& i) { ldexp32<false>(w, i); }
void v_ldexp_f16(Wave& w, const Instruction& i) { ldexp32<true>(w, i); }

// Division in steps: scale so that the reciprocal cannot overflow, correct, scale back where VCC says so.
void v_div_scale_f32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES], flag[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1), *c = source32(w, i, 2, b2);
  for (unsigned l = 0; l < LANES; l++) {
    const float denominator = bitsAs<float>(b[l]), numerator = bitsAs<float>(c[l]);
    const auto subnormal = [](double value) { return value != 0 && std::fabs(value) < 0x1p-126; };
    int denominatorExponent = 0, numeratorExponent = 0, scale = 0;
    std::frexp(denominator, &denominatorExponent);
    std::frexp(numerator, &numeratorExponent);
    const bool isDenominator = a[l] == b[l], isNumerator = a[l] == c[l];
    const bool smallReciprocal = subnormal(1.0 / denominator), smallQuotient = subnormal(double(numerator) / denominator);
    bool scaled = false;
    if (numeratorExponent - denominatorExponent >= 96) {  // the quotient is huge
      scaled = true;
      scale = isDenominator ? 64 : 0;
    } else if (subnormal(denominator)) {
      scale = 64;
    } else if (smallReciprocal && smallQuotient) {
      scaled = true;
      scale = isDenominator ? 64 : 0;
    } else if (smallReciprocal) {
      scale = -64;
    } else if (smallQuotient) {
      scaled = true;
      scale = isNumerator ? 64 : 0;
    } else if (numeratorExponent <= -103) {
      scale = 64;
    }
    const bool zero = numerator == 0 || denominator == 0;
    out[l] = bitsAs<u32>(zero ? NAN : std::ldexp(bitsAs<float>(a[l]), scale));
    flag[l] = scaled && !zero ? ~0u : 0;
  }
  const u64 mask = packMask(flag);
  result32(w, i, out);
  resultMask(w, i.sdst, mask);
}

void v_div_fmas_f32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1), *c = source32(w, i, 2, b2);
  for (unsigned l = 0; l < LANES; l++) {
    // Scaled before it is rounded: a subnormal quotient must be rounded once.
    const double r = std::fma(double(bitsAs<float>(a[l])), double(bitsAs<float>(b[l])), double(bitsAs<float>(c[l])));
    const bool scaled = w.vcc() >> l & 1;
    int e = 0;
    std::frexp(bitsAs<float>(c[l]), &e);
    out[l] = bitsAs<u32>(float(scaled ? std::ldexp(r, e > 1 ? 64 : -64) : r));
  }
  result32(w, i, out);
}

}  // namespace

const std::vector<HandlerRow>& floatHandlers() {
  static const std::vector<HandlerRow> rows = {
      UNARY(HANDLER_ROW) BINARY(HANDLER_ROW) TERNARY(HANDLER_ROW)
      {"v_fmac_f32", v_fmac_f32}, {"v_ldexp_f32", v_ldexp_f32}, {"v_ldexp_f16", v_ldexp_f16},
      {"v_div_scale_f32", v_div_scale_f32}, {"v_div_fmas_f32", v_div_fmas_f32},
  };
  return rows;
}

}  // namespace emu
