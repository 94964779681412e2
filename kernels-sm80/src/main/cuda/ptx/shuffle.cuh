#pragma once
// Registers of other lanes.

#include "base/types.h"

namespace counterpoint {

// What `lane` passes as its value; by all lanes of a warp.
CP_DEVICE f32 fromLane(f32 value, i32 lane) {
  return __shfl_sync(0xffffffff, value, lane);
}

}  // namespace counterpoint
