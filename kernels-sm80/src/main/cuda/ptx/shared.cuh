#pragma once
// The block's shared memory, as an address.

#include "ptx/memory.cuh"

namespace counterpoint {

CP_DEVICE u32 dynamicShared() {
  extern __shared__ __align__(1024) u8 everything[];
  return sharedAddress(everything);
}

}  // namespace counterpoint
