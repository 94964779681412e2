#pragma once
// Eight consecutive elements of one row, in registers and in memory: the grain of all epilogues,
// sixteen bytes of a 16-bit type.

#include "device/primitives.h"
#include "params/element_type.h"

namespace counterpoint {

constexpr i32 kEight = 8;

CP_DEVICE i32 elementBytes(i32 type) {
  return type == kFp32 || type == kInt32 ? 4 : 2;
}

// Whether rows of this pitch (in elements) begin at multiples of sixteen bytes.
CP_DEVICE bool isAligned(u64 address, i64 stride, i32 bytes) {
  return ((address | static_cast<u64>(stride * bytes)) & 15) == 0;
}

// The f32 whose bits are `bits`, or the value of a 16-bit pattern; integers keep their bits.
CP_DEVICE u32 widen(u16 bits, i32 type) {
  return bitsOf(type == kBf16 ? fromBf16(bits) : fromFp16(bits));
}

CP_DEVICE u32 narrow(f32 first, f32 second, i32 type) {
  return type == kBf16 ? toBf16Pair(first, second) : toFp16Pair(first, second);
}

// Reads `count` of eight elements, at least one, as 32-bit words; the others become 0.
CP_DEVICE void loadEight(u32 (&v)[kEight], u64 address, i32 type, i32 count, bool vector) {
  if (vector && count >= kEight) {
    const Vector16 first = loadVector(address);
    if (elementBytes(type) == 2) {
#pragma unroll
      for (i32 i = 0; i < 4; i++) {
        v[2 * i] = widen(static_cast<u16>(first.word[i]), type);
        v[2 * i + 1] = widen(static_cast<u16>(first.word[i] >> 16), type);
      }
    } else {
      const Vector16 second = loadVector(address + 16);
#pragma unroll
      for (i32 i = 0; i < 4; i++) {
        v[i] = first.word[i];
        v[4 + i] = second.word[i];
      }
    }
    return;
  }
  // What lies beyond is the last element again, and becomes 0.
  if (elementBytes(type) == 2) {
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      const u32 element = widen(loadPlain<u16>(address + 2 * minimum(i, count - 1)), type);
      v[i] = i < count ? element : 0;
    }
  } else {
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      const u32 element = loadPlain<u32>(address + 4 * minimum(i, count - 1));
      v[i] = i < count ? element : 0;
    }
  }
}

// Stores `count` of eight words, rounded once to the type.
CP_DEVICE void storeEight(u64 address, const u32 (&v)[kEight], i32 type, i32 count, bool vector) {
  if (elementBytes(type) == 2) {
    Vector16 packed;
#pragma unroll
    for (i32 i = 0; i < 4; i++) {
      packed.word[i] = narrow(floatOf(v[2 * i]), floatOf(v[2 * i + 1]), type);
    }
    if (vector && count >= kEight) {
      storeVector(address, packed);
      return;
    }
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      if (i < count) {
        storePlain<u16>(address + 2 * i, static_cast<u16>(packed.word[i / 2] >> (i % 2 * 16)));
      }
    }
    return;
  }
  if (vector && count >= kEight) {
    storeVector(address, Vector16{{v[0], v[1], v[2], v[3]}});
    storeVector(address + 16, Vector16{{v[4], v[5], v[6], v[7]}});
    return;
  }
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    if (i < count) {
      storePlain<u32>(address + 4 * i, v[i]);
    }
  }
}

}  // namespace counterpoint
