#pragma once
// Twin of the kernels' ptx/fence.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

CP_DEVICE void fenceProxyAsync() {
  model::proxyFence();
}
CP_DEVICE void fenceSharedProxyAsync() {
  model::sharedProxyFence();
}
CP_DEVICE void fenceBarrierInit() {
  model::barrierFence();
}

}  // namespace counterpoint
