#include "exec/fp8.h"

#include <cmath>

#include "exec/lanes.h"

namespace emu {
namespace {

struct Shape {
  int mantissaBits, bias, maxExponent;
};
constexpr Shape FP8{3, 8, 15}, BF8{2, 16, 31};
constexpr u8 NAN_BITS = 0x80;

float decode8(u8 bits, const Shape& s) {
  if (bits == NAN_BITS) return NAN;
  const int exponent = (bits & 0x7F) >> s.mantissaBits, mantissa = bits & ((1 << s.mantissaBits) - 1);
  const float magnitude = exponent == 0 ? std::ldexp(float(mantissa), 1 - s.bias - s.mantissaBits)
                                        : std::ldexp(float(mantissa | 1 << s.mantissaBits), exponent - s.bias - s.mantissaBits);
  return bits & 0x80 ? -magnitude : magnitude;
}

/// `random` below 2^32 replaces rounding to nearest when `stochastic`.
u8 encode8(float value, const Shape& s, bool saturate, bool stochastic, u32 random) {
  const u32 bits = bitsAs<u32>(value);
  const u8 sign = u8(bits >> 24 & 0x80);
  const u8 largest = u8(sign | (s.maxExponent << s.mantissaBits) | ((1 << s.mantissaBits) - 1));
  if (value != value) return NAN_BITS;
  if (std::isinf(value)) return saturate ? largest : NAN_BITS;
  const int exponent = int(bits >> 23 & 255);
  if (exponent == 0 && (bits & 0x7FFFFF) == 0) return 0;
  u64 mantissa = (bits & 0x7FFFFF) | (exponent ? 0x800000 : 0);
  int e = (exponent ? exponent : 1) - 127 + s.bias;      // exponent in the 8-bit format
  int shift = 23 - s.mantissaBits;                       // bits to drop
  if (e < 1) {                                           // subnormal there
    shift += 1 - e;
    e = 1;
  }
  if (shift > 40) shift = 40;
  u64 kept;
  if (stochastic) {
    // The random number's top bits line up with what is dropped of a normal number.
    const int dropped = 23 - s.mantissaBits;
    const u64 noise = u64(random) >> (32 - dropped);
    const u64 scaled = shift > dropped ? mantissa >> (shift - dropped) : mantissa;
    kept = (scaled + noise) >> dropped;
  } else {
    const u64 half = 1ull << (shift - 1), rest = mantissa & ((1ull << shift) - 1);
    kept = mantissa >> shift;
    if (rest > half || (rest == half && (kept & 1))) kept++;
  }
  if (kept == 0) return 0;
  if (kept >> (s.mantissaBits + 1)) {
    kept >>= 1;
    e++;
  }
  const bool subnormal = !(kept >> s.mantissaBits & 1);
  const int field = subnormal ? 0 : e;
  if (field > s.maxExponent) return saturate ? largest : NAN_BITS;
  return u8(sign | field << s.mantissaBits | int(kept & ((1u << s.mantissaBits) - 1)));
}

struct Tables {
  float fp8[256], bf8[256];
  Tables() {
    for (unsigned k = 0; k < 256; k++) {
      fp8[k] = decode8(u8(k), FP8);
      bf8[k] = decode8(u8(k), BF8);
    }
  }
};
const Tables& tables() {
  static const Tables all;
  return all;
}

}  // namespace

float fp8ToFloat(u8 bits) { return tables().fp8[bits]; }
float bf8ToFloat(u8 bits) { return tables().bf8[bits]; }
const float* fp8Table() { return tables().fp8; }
const float* bf8Table() { return tables().bf8; }
u8 floatToFp8(float value, bool saturate) { return encode8(value, FP8, saturate, false, 0); }
u8 floatToBf8(float value, bool saturate) { return encode8(value, BF8, saturate, false, 0); }
u8 floatToFp8Stochastic(float value, u32 random, bool saturate) { return encode8(value, FP8, saturate, true, random); }
u8 floatToBf8Stochastic(float value, u32 random, bool saturate) { return encode8(value, BF8, saturate, true, random); }

}  // namespace emu
