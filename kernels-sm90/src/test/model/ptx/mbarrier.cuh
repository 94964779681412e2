#pragma once
// Twin of the kernels' ptx/mbarrier.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

constexpr u32 kBarrierBytes = 8;

CP_DEVICE void initBarrier(u32 barrier, u32 arrivals) {
  model::barrierInit(barrier, arrivals);
}
CP_DEVICE void arrive(u32 barrier) {
  model::barrierArrive(barrier, 0);
}
CP_DEVICE void arriveCluster(u32 barrier) {
  model::barrierArrive(barrier, 0);
}
CP_DEVICE void arriveExpecting(u32 barrier, u32 bytes) {
  model::barrierArrive(barrier, bytes);
}
CP_DEVICE void awaitPhase(u32 barrier, u32 parity) {
  model::barrierAwait(barrier, parity);
}

}  // namespace counterpoint
