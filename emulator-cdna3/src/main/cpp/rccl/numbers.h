// Number formats of collectives. Kept apart from the emulator's: this library calls the other only through its ABI.
#pragma once
#include <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace emu {

template <class T> struct Plain {
  using Stored = T;
  using Value = T;
  static T load(T v) { return v; }
  static T store(T v) { return v; }
};

struct HalfNumber {
  using Stored = uint16_t;
  using Value = float;
  static float load(uint16_t v) { return _cvtsh_ss(v); }
  static uint16_t store(float v) { return _cvtss_sh(v, _MM_FROUND_TO_NEAREST_INT); }
};

struct BrainNumber {
  using Stored = uint16_t;
  using Value = float;
  static float load(uint16_t v) {
    const uint32_t bits = uint32_t(v) << 16;
    float f;
    std::memcpy(&f, &bits, 4);
    return f;
  }
  static uint16_t store(float v) {
    uint32_t bits;
    std::memcpy(&bits, &v, 4);
    if (v != v) return uint16_t(bits >> 16 | 0x40);
    return uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
  }
};

/// FNUZ floats of 8 bits: found by their value in the table of all 128 magnitudes, which grow with their bits.
template <int MANTISSA, int BIAS> struct TinyNumber {
  using Stored = uint8_t;
  using Value = float;
  static float magnitude(int bits) {
    const int e = bits >> MANTISSA, m = bits & ((1 << MANTISSA) - 1);
    return e == 0 ? std::ldexp(float(m), 1 - BIAS - MANTISSA) : std::ldexp(float(m | 1 << MANTISSA), e - BIAS - MANTISSA);
  }
  static float load(uint8_t v) { return v == 0x80 ? NAN : v & 0x80 ? -magnitude(v & 0x7F) : magnitude(v & 0x7F); }
  static uint8_t store(float v) {
    if (v != v) return 0x80;
    const float a = std::fabs(v);
    int low = 0, high = 127;
    while (low < high) {  // the largest magnitude that is not above a
      const int middle = (low + high + 1) / 2;
      if (magnitude(middle) <= a) low = middle;
      else high = middle - 1;
    }
    if (low < 127) {
      const float below = a - magnitude(low), above = magnitude(low + 1) - a;
      if (above < below || (above == below && low % 2)) low++;
    }
    return low == 0 ? 0 : uint8_t((std::signbit(v) ? 0x80 : 0) | low);
  }
};
using Fp8Number = TinyNumber<3, 8>;
using Bf8Number = TinyNumber<2, 16>;

}  // namespace emu
