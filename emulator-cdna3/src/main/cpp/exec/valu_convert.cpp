// Conversions between number formats.
#include <algorithm>
#include <cmath>
#include <limits>

#include "exec/elementwise.h"
#include "exec/fp8.h"
#include "exec/handlers.h"

namespace emu {
namespace {

// Out-of-range values saturate and NaN becomes 0.
template <class R> R toInteger(double a) {
  if (a != a) return 0;
  const double low = double(std::numeric_limits<R>::min()), high = double(std::numeric_limits<R>::max());
  return a <= low ? std::numeric_limits<R>::min() : a >= high ? std::numeric_limits<R>::max() : R(a);
}

/// f32 to f16, towards zero.
u32 halfTowardsZero(float a) {
  const u16 nearest = floatToHalf(a);
  const float back = halfToFloat(nearest);
  return std::fabs(back) > std::fabs(a) && a == a && !std::isinf(a) ? u16(nearest - 1) : nearest;
}

#define UNARY(X)                                                          \
  X(v_mov_b32, u32, u32, a)                                               \
  X(v_cvt_f32_i32, i32, float, float(a))                                  \
  X(v_cvt_f32_u32, u32, float, float(a))                                  \
  X(v_cvt_u32_f32, float, u32, toInteger<u32>(a))                         \
  X(v_cvt_i32_f32, float, i32, toInteger<i32>(a))                         \
  X(v_cvt_rpi_i32_f32, float, i32, toInteger<i32>(std::floor(a + 0.5f)))  \
  X(v_cvt_flr_i32_f32, float, i32, toInteger<i32>(std::floor(a)))         \
  X(v_cvt_f32_ubyte0, u32, float, float(a & 255))                         \
  X(v_cvt_f32_ubyte1, u32, float, float(a >> 8 & 255))                    \
  X(v_cvt_f32_ubyte2, u32, float, float(a >> 16 & 255))                   \
  X(v_cvt_f32_ubyte3, u32, float, float(a >> 24))                         \
  X(v_cvt_off_f32_i4, u32, float, float(i32(a << 28) >> 28) / 16)         \
  X(v_cvt_f16_f32, float, Half, a)                                        \
  X(v_cvt_f32_f16, Half, float, a)                                        \
  X(v_cvt_f16_u16, u16, Half, float(a))                                   \
  X(v_cvt_f16_i16, i16, Half, float(a))                                   \
  X(v_cvt_u16_f16, Half, u16, toInteger<u16>(a))                          \
  X(v_cvt_i16_f16, Half, i16, toInteger<i16>(a))
UNARY(LANES1)

void v_cvt_pkrtz_f16_f32(Wave& w, const Instruction& i) {
  lanes2<float, u32>(w, i, [](float a, float b) { return halfTowardsZero(a) | halfTowardsZero(b) << 16; });
}
i32 normalized(float a, float low, float scale) {
  return a != a ? 0 : i32(std::nearbyint(std::clamp(a, low, 1.0f) * scale));
}
void v_cvt_pknorm_i16_f32(Wave& w, const Instruction& i) {
  lanes2<float, u32>(w, i, [](float a, float b) {
    return (u32(normalized(a, -1, 32767)) & 0xFFFF) | u32(normalized(b, -1, 32767)) << 16;
  });
}
void v_cvt_pknorm_u16_f32(Wave& w, const Instruction& i) {
  lanes2<float, u32>(w, i, [](float a, float b) { return u32(normalized(a, 0, 65535)) | u32(normalized(b, 0, 65535)) << 16; });
}

/// Puts a byte of src0 (as an integer) into byte src1 of src2.
void v_cvt_pk_u8_f32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = sourceRaw(w, i.src[1], 0, b1), *c = sourceRaw(w, i.src[2], 0, b2);
  for (unsigned l = 0; l < LANES; l++) {
    const unsigned shift = 8 * (b[l] & 3);
    out[l] = (c[l] & ~(255u << shift)) | u32(toInteger<u8>(std::nearbyint(bitsAs<float>(a[l])))) << shift;
  }
  result32(w, i, out);
}

// Doubles.
template <class R, class F> void fromDouble(Wave& w, const Instruction& i, F f) {
  u64 a[LANES];
  alignas(64) u32 out[LANES];
  source64(w, i, 0, a);
  for (unsigned l = 0; l < LANES; l++) out[l] = As<R>::to(f(bitsAs<double>(a[l])));
  result32(w, i, out);
}
template <class T> void toDouble(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES];
  u64 out[LANES];
  const u32* a = source32(w, i, 0, b0);
  for (unsigned l = 0; l < LANES; l++) out[l] = bitsAs<u64>(double(As<T>::from(a[l])));
  result64(w, i, out);
}
void v_cvt_i32_f64(Wave& w, const Instruction& i) { fromDouble<i32>(w, i, [](double a) { return toInteger<i32>(a); }); }
void v_cvt_u32_f64(Wave& w, const Instruction& i) { fromDouble<u32>(w, i, [](double a) { return toInteger<u32>(a); }); }
void v_cvt_f32_f64(Wave& w, const Instruction& i) { fromDouble<float>(w, i, [](double a) { return float(a); }); }
void v_frexp_exp_i32_f64(Wave& w, const Instruction& i) {
  fromDouble<i32>(w, i, [](double a) {
    int e = 0;
    if (std::isfinite(a) && a != 0) std::frexp(a, &e);
    return i32(e);
  });
}
void v_cvt_f64_i32(Wave& w, const Instruction& i) { toDouble<i32>(w, i); }
void v_cvt_f64_u32(Wave& w, const Instruction& i) { toDouble<u32>(w, i); }
void v_cvt_f64_f32(Wave& w, const Instruction& i) { toDouble<float>(w, i); }

// 8-bit floats. Which byte or half is meant is said by SDWA.
void fromByte(Wave& w, const Instruction& i, const float* table) {
  alignas(64) u32 b0[LANES], out[LANES];
  const u32* a = source32(w, i, 0, b0);
  if (i.opsel) fault(FaultKind::UNKNOWN_INSTRUCTION, "op_sel of this conversion is not executed; compilers use SDWA");
  for (unsigned l = 0; l < LANES; l++) out[l] = bitsAs<u32>(table[a[l] & 255]);
  result32(w, i, out);
}
void v_cvt_f32_fp8(Wave& w, const Instruction& i) { fromByte(w, i, fp8Table()); }
void v_cvt_f32_bf8(Wave& w, const Instruction& i) { fromByte(w, i, bf8Table()); }

void fromBytePair(Wave& w, const Instruction& i, const float* table) {
  alignas(64) u32 b0[LANES];
  u64 out[LANES];
  const u32* a = source32(w, i, 0, b0);
  const unsigned shift = i.opsel & 1 ? 16 : 0;
  for (unsigned l = 0; l < LANES; l++)
    out[l] = bitsAs<u32>(table[a[l] >> shift & 255]) | u64(bitsAs<u32>(table[a[l] >> (shift + 8) & 255])) << 32;
  Instruction plainResult = i;
  plainResult.omod = 0;
  result64(w, plainResult, out);
}
void v_cvt_pk_f32_fp8(Wave& w, const Instruction& i) { fromBytePair(w, i, fp8Table()); }
void v_cvt_pk_f32_bf8(Wave& w, const Instruction& i) { fromBytePair(w, i, bf8Table()); }

bool saturates(const Wave& w) { return w.mode >> 23 & 1; }  // MODE.FP16_OVFL

template <class F> void toBytePair(Wave& w, const Instruction& i, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1), *old = w.vector(i.dst);
  const bool high = i.opsel & 8;
  for (unsigned l = 0; l < LANES; l++) {
    const u32 pair = f(bitsAs<float>(a[l])) | u32(f(bitsAs<float>(b[l]))) << 8;
    out[l] = high ? pair << 16 | (old[l] & 0xFFFF) : pair | (old[l] & 0xFFFF0000);
  }
  resultRaw(w, w.vector(i.dst), out);
}
void v_cvt_pk_fp8_f32(Wave& w, const Instruction& i) {
  const bool s = saturates(w);
  toBytePair(w, i, [s](float a) { return floatToFp8(a, s); });
}
void v_cvt_pk_bf8_f32(Wave& w, const Instruction& i) {
  const bool s = saturates(w);
  toBytePair(w, i, [s](float a) { return floatToBf8(a, s); });
}

template <class F> void toByteStochastic(Wave& w, const Instruction& i, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *random = sourceRaw(w, i.src[1], 0, b1), *old = w.vector(i.dst);
  const unsigned shift = 8 * (i.opsel >> 2 & 3);
  for (unsigned l = 0; l < LANES; l++) out[l] = (old[l] & ~(255u << shift)) | u32(f(bitsAs<float>(a[l]), random[l])) << shift;
  resultRaw(w, w.vector(i.dst), out);
}
void v_cvt_sr_fp8_f32(Wave& w, const Instruction& i) {
  const bool s = saturates(w);
  toByteStochastic(w, i, [s](float a, u32 r) { return floatToFp8Stochastic(a, r, s); });
}
void v_cvt_sr_bf8_f32(Wave& w, const Instruction& i) {
  const bool s = saturates(w);
  toByteStochastic(w, i, [s](float a, u32 r) { return floatToBf8Stochastic(a, r, s); });
}

}  // namespace

const std::vector<HandlerRow>& convertHandlers() {
  static const std::vector<HandlerRow> rows = {
      UNARY(HANDLER_ROW)
#define ROW(name) {#name, name},
      ROW(v_cvt_pkrtz_f16_f32) ROW(v_cvt_pknorm_i16_f32) ROW(v_cvt_pknorm_u16_f32) ROW(v_cvt_pk_u8_f32) ROW(v_cvt_i32_f64)
      ROW(v_cvt_u32_f64) ROW(v_cvt_f32_f64) ROW(v_frexp_exp_i32_f64) ROW(v_cvt_f64_i32) ROW(v_cvt_f64_u32) ROW(v_cvt_f64_f32)
      ROW(v_cvt_f32_fp8) ROW(v_cvt_f32_bf8) ROW(v_cvt_pk_f32_fp8) ROW(v_cvt_pk_f32_bf8) ROW(v_cvt_pk_fp8_f32)
      ROW(v_cvt_pk_bf8_f32) ROW(v_cvt_sr_fp8_f32) ROW(v_cvt_sr_bf8_f32)
  };
  return rows;
}

}  // namespace emu
