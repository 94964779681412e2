#pragma once
// The twin of the kernels' ptx/convert.cuh: binary32 to and from 16 bits, to nearest, ties to even.

#include "base/types.h"
#include "small_floats.h"

namespace counterpoint {

CP_DEVICE u16 toBf16(f32 value) {
  return static_cast<u16>(model::encode(model::kBf16Format, value));
}

CP_DEVICE u16 toFp16(f32 value) {
  return static_cast<u16>(model::encode(model::kFp16Format, value));
}

CP_DEVICE u32 toBf16Pair(f32 first, f32 second) {
  return toBf16(first) | static_cast<u32>(toBf16(second)) << 16;
}

CP_DEVICE u32 toFp16Pair(f32 first, f32 second) {
  return toFp16(first) | static_cast<u32>(toFp16(second)) << 16;
}

CP_DEVICE f32 fromBf16(u16 bits) {
  return static_cast<f32>(model::decode(model::kBf16Format, bits));
}

CP_DEVICE f32 fromFp16(u16 bits) {
  return static_cast<f32>(model::decode(model::kFp16Format, bits));
}

}  // namespace counterpoint
