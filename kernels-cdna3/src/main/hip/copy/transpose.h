#pragma once
// Pairs of neighbouring columns, one row of k each, turned into two columns of sixteen bytes of K.

#include "amdgcn/memory.h"

namespace counterpoint {

template <i32 ELEMENT_BYTES>
struct PairOf;
template <>
struct PairOf<4> {
  using Type = u32x2;
  using Element = u32;
};
template <>
struct PairOf<2> {
  using Type = u32;
  using Element = u16;
};
template <>
struct PairOf<1> {
  using Type = u16;
  using Element = u8;
};

CP_DEVICE void transpose(const u32x2 (&pair)[4], u32x4& even, u32x4& odd) {
#pragma unroll
  for (i32 k = 0; k < 4; k++) {
    even[k] = pair[k].x;
    odd[k] = pair[k].y;
  }
}

CP_DEVICE void transpose(const u32 (&pair)[8], u32x4& even, u32x4& odd) {
#pragma unroll
  for (i32 i = 0; i < 4; i++) {
    even[i] = __builtin_amdgcn_perm(pair[2 * i + 1], pair[2 * i], 0x05040100);
    odd[i] = __builtin_amdgcn_perm(pair[2 * i + 1], pair[2 * i], 0x07060302);
  }
}

CP_DEVICE void transpose(const u16 (&pair)[16], u32x4& even, u32x4& odd) {
#pragma unroll
  for (i32 i = 0; i < 4; i++) {
    // Bytes: even and odd column of k, the same of k + 1.
    const u32 first = __builtin_amdgcn_perm(pair[4 * i + 1], pair[4 * i], 0x05010400);
    const u32 second = __builtin_amdgcn_perm(pair[4 * i + 3], pair[4 * i + 2], 0x05010400);
    even[i] = __builtin_amdgcn_perm(second, first, 0x05040100);
    odd[i] = __builtin_amdgcn_perm(second, first, 0x07060302);
  }
}

}  // namespace counterpoint
