#pragma once
// The sum over a block, and what a root is asked for.

#include "base/types.h"

namespace counterpoint {

// By all threads of a block of at most 32 whole warps: the sum of their values, the same bits for
// all of them and each time: a tree within each warp, then warp after warp.
CP_DEVICE f32 sumBlock(f32 value) {
  __shared__ f32 parts[32];
#pragma unroll
  for (i32 distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffff, value, distance);
  }
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = value;
  }
  __syncthreads();
  f32 sum = 0;
  for (u32 warp = 0; warp < blockDim.x / 32; warp++) {
    sum += parts[warp];
  }
  __syncthreads();  // the next sum may take their place
  return sum;
}

// 1 / √value, to about the last bit; value is normal and positive, or NaN.
CP_DEVICE f32 reciprocalRoot(f32 value) {
  f32 root;
  asm("rsqrt.approx.f32 %0, %1;" : "=f"(root) : "f"(value));
  return root;
}

}  // namespace counterpoint
