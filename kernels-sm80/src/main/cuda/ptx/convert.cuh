#pragma once
// Between binary32 and the 16-bit types: to nearest, ties to even, overflow to infinity.

#include "base/types.h"

namespace counterpoint {

CP_DEVICE u16 toBf16(f32 value) {
  u16 bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}

CP_DEVICE u16 toFp16(f32 value) {
  u16 bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}

// Two at once, the first in the low half.
CP_DEVICE u32 toBf16Pair(f32 first, f32 second) {
  u32 bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(second), "f"(first));
  return bits;
}

CP_DEVICE u32 toFp16Pair(f32 first, f32 second) {
  u32 bits;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(second), "f"(first));
  return bits;
}

CP_DEVICE f32 fromBf16(u16 bits) {
  return __uint_as_float(static_cast<u32>(bits) << 16);
}

CP_DEVICE f32 fromFp16(u16 bits) {
  f32 value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}

}  // namespace counterpoint
