#pragma once
// Twin of the kernels' ptx/named_barrier.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

CP_DEVICE void syncThreads(i32 barrier, i32 threads) {
  model::namedBarrier(barrier, static_cast<model::u32>(threads), true);
}
CP_DEVICE void arriveThreads(i32 barrier, i32 threads) {
  model::namedBarrier(barrier, static_cast<model::u32>(threads), false);
}

}  // namespace counterpoint
