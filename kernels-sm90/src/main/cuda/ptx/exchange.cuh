#pragma once
// Registers of one lane to another.

#include "base/types.h"

namespace counterpoint {

// By a whole warp: what the lane whose number differs in this bit gives.
CP_DEVICE u32 exchange(u32 value, i32 bit) {
  return __shfl_xor_sync(0xffffffff, value, bit);
}

}  // namespace counterpoint
