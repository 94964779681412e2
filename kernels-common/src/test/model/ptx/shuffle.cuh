#pragma once
// The twin of the kernels' ptx/shuffle.cuh on the machine of fibers.

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

CP_DEVICE f32 fromLane(f32 value, i32 lane) {
  return model::warpShuffle("__shfl_sync", value, static_cast<model::u32>(lane));
}

}  // namespace counterpoint
