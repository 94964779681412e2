#pragma once
// Between binary32 and the 16-bit types: to nearest, ties to even, overflow to infinity.

#include "amdgcn/special.h"
#include "base/types.h"

namespace counterpoint {

// The rounded value in the high half; what is below is noise. NaN stays one, and quiet.
CP_DEVICE u32 roundedToBf16(f32 value) {
  const u32 bits = bitsOf(value);
  const u32 rounded = bits + 0x7fff + (bits >> 16 & 1);
  return value != value ? bits | 0x400000 : rounded;
}

// Two at once, the first in the low half.
CP_DEVICE u32 toBf16Pair(f32 first, f32 second) {
  return __builtin_amdgcn_perm(roundedToBf16(second), roundedToBf16(first), 0x07060302);
}

CP_DEVICE u32 toFp16Pair(f32 first, f32 second) {
  const u16 low = __builtin_bit_cast(u16, static_cast<_Float16>(first));
  const u16 high = __builtin_bit_cast(u16, static_cast<_Float16>(second));
  return low | static_cast<u32>(high) << 16;
}

CP_DEVICE f32 fromBf16(u16 bits) {
  return floatOf(static_cast<u32>(bits) << 16);
}

CP_DEVICE f32 fromFp16(u16 bits) {
  return static_cast<f32>(__builtin_bit_cast(_Float16, bits));
}

}  // namespace counterpoint
