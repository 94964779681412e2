#pragma once
// Input types. All have stages of 128 bytes of K, and instructions that take 32 bytes of it.

#include "base/types.h"

namespace counterpoint {

struct Bf16 {
  using Sum = f32;
  static constexpr i32 kBytes = 2;
  static constexpr bool kTwoLevels = false;
};
struct Fp16 {
  using Sum = f32;
  static constexpr i32 kBytes = 2;
  static constexpr bool kTwoLevels = false;
};
// The tensor core adds products of 8-bit floats with fewer bits than binary32 has: their sums are
// taken over into ordinary ones after every 128 of K.
struct E4m3 {
  using Sum = f32;
  static constexpr i32 kBytes = 1;
  static constexpr bool kTwoLevels = true;
};
struct E5m2 {
  using Sum = f32;
  static constexpr i32 kBytes = 1;
  static constexpr bool kTwoLevels = true;
};
struct Int8 {
  using Sum = i32;
  static constexpr i32 kBytes = 1;
  static constexpr bool kTwoLevels = false;
};

}  // namespace counterpoint
