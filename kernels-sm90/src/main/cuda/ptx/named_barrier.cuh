#pragma once
// Barriers of some of a block's threads, by whole warps. Number 0 is __syncthreads.

#include "base/types.h"

namespace counterpoint {

CP_DEVICE void syncThreads(i32 barrier, i32 threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

}  // namespace counterpoint
