#pragma once
// Barriers of some of a block's threads, by whole warps. Number 0 is __syncthreads.

#include "base/types.h"

namespace counterpoint {

CP_DEVICE void syncThreads(i32 barrier, i32 threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

// Lets those go who wait at the barrier, once all others are there too, and goes on itself.
CP_DEVICE void arriveThreads(i32 barrier, i32 threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

}  // namespace counterpoint
