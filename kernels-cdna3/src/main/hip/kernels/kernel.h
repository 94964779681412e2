#pragma once
// What makes a function a kernel. Its parameter block is read where the hardware finds it, by scalar
// loads at the place of use; the argument gives it its size.

#include "amdgcn/memory.h"

#define CP_KERNEL(NAME, PARAMS, THREADS, WAVES_PER_SIMD)                         \
  extern "C" __attribute__((global,                                              \
                            amdgpu_flat_work_group_size(THREADS, THREADS),       \
                            amdgpu_waves_per_eu(WAVES_PER_SIMD))) \
  void NAME([[maybe_unused]] counterpoint::PARAMS argument)

namespace counterpoint {

template <class Params>
CP_DEVICE const Params& kernelParams() {
  return *(const Params*)__builtin_amdgcn_kernarg_segment_ptr();
}

}  // namespace counterpoint
