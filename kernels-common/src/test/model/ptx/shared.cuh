#pragma once
// Twin of the kernels' ptx/shared.cuh.

#include "ptx/memory.cuh"

namespace counterpoint {

CP_DEVICE u32 dynamicShared() {
  return model::kSharedBase;
}

}  // namespace counterpoint
