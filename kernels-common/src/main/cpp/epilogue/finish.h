#pragma once
// From sums to elements of D: D = alpha · sums · rowScale · colScale + (beta · C + bias), the part
// in parentheses in a window of rows only.

#include "epilogue/route.h"

namespace counterpoint {

// Where one group of eight lies in the output, and how many of the eight exist.
struct Place {
  i32 row;
  i32 col;
  i32 count;
};

CP_DEVICE void addInWindow(const TileGemmParams& p,
                           u32 (&v)[kEight],
                           const Place& at,
                           bool isFloat) {
  const i32 windowRow = at.row - p.windowFirst;
  if (windowRow < 0 || windowRow >= p.windowRows || (p.beta == 0 && p.bias == 0)) {
    return;
  }
  const i32 bytes = elementBytes(p.outputType);
  u32 c[kEight] = {};
  u32 bias[kEight] = {};
  if (p.beta != 0) {
    loadEight(c,
              p.c + (windowRow * p.cStride + at.col) * bytes,
              p.outputType,
              at.count,
              isAligned(p.c, p.cStride, bytes));
  }
  if (p.bias != 0) {
    loadEight(bias,
              p.bias + static_cast<i64>(at.col) * bytes,
              p.outputType,
              at.count,
              isAligned(p.bias, 0, bytes));
  }
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    if (isFloat) {
      // A beta of 0 must not let what C would hold take part, hence the zeros above.
      const f32 addend = p.beta * floatOf(c[i]) + floatOf(bias[i]);
      v[i] = bitsOf(floatOf(v[i]) + addend);
    } else {
      v[i] += c[i] + bias[i];
    }
  }
}

CP_DEVICE void scale(const TileGemmParams& p, u32 (&v)[kEight], const Place& at) {
  f32 factor = p.alpha;
  if (p.rowScale != 0) {
    factor *= loadPlain<f32>(p.rowScale + at.row * 4ll);
  }
  u32 perColumn[kEight];
  if (p.colScale != 0) {
    loadEight(perColumn, p.colScale + at.col * 4ll, kFp32, at.count, isAligned(p.colScale, 0, 4));
  }
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    f32 value = floatOf(v[i]) * factor;
    if (p.colScale != 0) {
      value *= floatOf(perColumn[i]);
    }
    v[i] = bitsOf(value);
  }
}

template <class Sum>
constexpr bool kIsFloat = Sum(0.5) != Sum(0);

// Integers are exact: no factors (Java refuses them), and sums stay as they are.
template <class Sum>
CP_DEVICE void finishEight(const TileGemmParams& p, u32 (&v)[kEight], const Place& at) {
  if constexpr (kIsFloat<Sum>) {
    scale(p, v, at);
  }
  addInWindow(p, v, at, kIsFloat<Sum>);
}

}  // namespace counterpoint
