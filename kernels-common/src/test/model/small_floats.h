#pragma once
// Floating-point types of 8 and 16 bits, from their definition: sign, exponent, mantissa.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace model {

struct FloatFormat {
  int exponentBits;
  int mantissaBits;
  bool hasInfinity;  // without it, all ones of the exponent are numbers, but for all ones of all
  int bits() const { return 1 + exponentBits + mantissaBits; }
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
};

constexpr FloatFormat kFp16Format{5, 10, true};
constexpr FloatFormat kBf16Format{8, 7, true};
constexpr FloatFormat kE4m3Format{4, 3, false};
constexpr FloatFormat kE5m2Format{5, 2, true};

inline double decode(const FloatFormat& f, std::uint32_t bits) {
  const std::uint32_t mantissa = bits & ((1u << f.mantissaBits) - 1);
  const int exponent = static_cast<int>(bits >> f.mantissaBits & ((1u << f.exponentBits) - 1));
  const bool negative = bits >> (f.exponentBits + f.mantissaBits) & 1;
  const bool top = exponent == (1 << f.exponentBits) - 1;
  double value;
  if (top && f.hasInfinity) {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  } else if (top && mantissa == (1u << f.mantissaBits) - 1) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(mantissa, 1 - f.bias() - f.mantissaBits);
  } else {
    value = std::ldexp(mantissa + (1u << f.mantissaBits), exponent - f.bias() - f.mantissaBits);
  }
  return negative ? -value : value;
}

// To nearest, ties to even; too large becomes infinity, or NaN where there is none.
inline std::uint32_t encode(const FloatFormat& f, double value) {
  const std::uint32_t sign = std::signbit(value) ? 1u << (f.bits() - 1) : 0;
  const std::uint32_t allOnes = ((1u << f.exponentBits) - 1) << f.mantissaBits;
  if (std::isnan(value)) {
    return allOnes | ((1u << f.mantissaBits) - 1);
  }
  const double size = std::fabs(value);
  if (size == 0) {
    return sign;
  }
  int exponent;
  std::frexp(size, &exponent);
  exponent = std::max(exponent - 1, 1 - f.bias());
  // In units of the last place, rounded by the host's to-nearest-even.
  const double units = std::nearbyint(std::ldexp(size, f.mantissaBits - exponent));
  if (units == 0) {
    return sign;
  }
  // A carry into the next binade moves the exponent by itself.
  const std::int64_t bits = static_cast<std::int64_t>(units) +
                            (static_cast<std::int64_t>(exponent + f.bias() - 1) << f.mantissaBits);
  const std::int64_t largest = f.hasInfinity ? allOnes - 1 : allOnes + (1u << f.mantissaBits) - 2;
  if (bits > largest) {
    return sign | (f.hasInfinity ? allOnes : allOnes + (1u << f.mantissaBits) - 1);
  }
  return sign | static_cast<std::uint32_t>(bits);
}

}  // namespace model
