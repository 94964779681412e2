#pragma once
// The twin of the kernels' ptx/reduce.cuh on the machine of fibers.

#include <cmath>

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

CP_DEVICE f32 sumBlock(f32 value) {
  return model::blockSum("sumBlock", value);
}

CP_DEVICE f32 reciprocalRoot(f32 value) {
  return static_cast<f32>(1.0 / std::sqrt(static_cast<double>(value)));
}

}  // namespace counterpoint
