#pragma once
// A block's threads: who they are, and how they agree.

#include "ptx/memory.cuh"

namespace counterpoint {

CP_DEVICE i32 threadIndex() {
  return threadIdx.x;
}
CP_DEVICE i32 blockThreads() {
  return blockDim.x;
}
CP_DEVICE i32 blockIndex() {
  return blockIdx.x;
}
CP_DEVICE i32 blockCount() {
  return gridDim.x;
}

// This block's first unit of work; the next one is blockCount() further.
CP_DEVICE i32 firstUnit() {
  return blockIdx.x;
}

CP_DEVICE void syncBlock() {
  __syncthreads();
}
CP_DEVICE bool syncAll(bool value) {
  return __syncthreads_and(value);
}
CP_DEVICE bool syncAny(bool value) {
  return __syncthreads_or(value);
}
CP_DEVICE bool allInWarp(bool value) {
  return __all_sync(0xffffffff, value);
}

// By all threads, before one of them raises a signal for what all of them stored, or arrives where
// blocks of this device count each other. Here the barrier is enough: the one thread's fence covers
// what it has seen the others do.
CP_DEVICE void syncBeforeSignal() {
  __syncthreads();
}
CP_DEVICE void syncBeforeArrival() {
  __syncthreads();
}
// By the one thread, in between.
CP_DEVICE void fenceBeforeSignal() {
  fenceSystem();
}

CP_DEVICE u32 bitsOf(f32 value) {
  return __float_as_uint(value);
}
CP_DEVICE f32 floatOf(u32 bits) {
  return __uint_as_float(bits);
}

}  // namespace counterpoint
