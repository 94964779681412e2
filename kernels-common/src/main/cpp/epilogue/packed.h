#pragma once
// Eight consecutive elements of one row as they lie in memory: what travels between ranks.

#include "epilogue/elements.h"

namespace counterpoint {

template <i32 TYPE>
struct Packed {
  static_assert(TYPE == kFp32 || TYPE == kFp16 || TYPE == kBf16, "types that are summed in FP32");
  static constexpr i32 kBytes = TYPE == kFp32 ? 4 : 2;
  static constexpr i32 kWords = kEight * kBytes / 4;
  u32 word[kWords];
};

template <i32 TYPE>
CP_DEVICE f32 valueOf(const Packed<TYPE>& packed, i32 i) {
  if constexpr (TYPE == kFp32) {
    return floatOf(packed.word[i]);
  } else {
    return floatOf(widen(static_cast<u16>(packed.word[i / 2] >> (i % 2 * 16)), TYPE));
  }
}

// Rounded once.
template <i32 TYPE>
CP_DEVICE Packed<TYPE> packedOf(const f32 (&values)[kEight]) {
  Packed<TYPE> packed;
#pragma unroll
  for (i32 i = 0; i < Packed<TYPE>::kWords; i++) {
    if constexpr (TYPE == kFp32) {
      packed.word[i] = bitsOf(values[i]);
    } else {
      packed.word[i] = narrow(values[2 * i], values[2 * i + 1], TYPE);
    }
  }
  return packed;
}

// Reads `count` elements, at least one; in the place of what lies beyond is the last one again.
template <i32 TYPE>
CP_DEVICE Packed<TYPE> loadPacked(u64 address, i32 count, bool vector) {
  Packed<TYPE> packed;
  if (vector && count >= kEight) {
#pragma unroll
    for (i32 i = 0; i < Packed<TYPE>::kWords / 4; i++) {
      const Vector16 v = loadVector(address + 16 * i);
#pragma unroll
      for (i32 n = 0; n < 4; n++) {
        packed.word[4 * i + n] = v.word[n];
      }
    }
    return packed;
  }
#pragma unroll
  for (i32 i = 0; i < Packed<TYPE>::kWords; i++) {
    if constexpr (TYPE == kFp32) {
      packed.word[i] = loadPlain<u32>(address + 4 * minimum(i, count - 1));
    } else {
      const u32 low = loadPlain<u16>(address + 2 * minimum(2 * i, count - 1));
      const u32 high = loadPlain<u16>(address + 2 * minimum(2 * i + 1, count - 1));
      packed.word[i] = low | high << 16;
    }
  }
  return packed;
}

// Stores `count` of the elements.
template <i32 TYPE>
CP_DEVICE void storePacked(u64 address, const Packed<TYPE>& packed, i32 count, bool vector) {
  if (vector && count >= kEight) {
#pragma unroll
    for (i32 i = 0; i < Packed<TYPE>::kWords; i += 4) {
      storeVector(
          address + 4 * i,
          Vector16{{packed.word[i], packed.word[i + 1], packed.word[i + 2], packed.word[i + 3]}});
    }
    return;
  }
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    if (i < count) {
      if constexpr (TYPE == kFp32) {
        storePlain<u32>(address + 4 * i, packed.word[i]);
      } else {
        storePlain<u16>(address + 2 * i, static_cast<u16>(packed.word[i / 2] >> (i % 2 * 16)));
      }
    }
  }
}

}  // namespace counterpoint
