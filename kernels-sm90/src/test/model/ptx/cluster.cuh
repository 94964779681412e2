#pragma once
// Twin of the kernels' ptx/cluster.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

CP_DEVICE u32 rankInCluster() {
  return model::current->block->rank;
}
CP_DEVICE u32 clusterAddress(u32 address, u32 rank) {
  return model::mapToRank(address, rank);
}
CP_DEVICE void syncCluster() {
  model::clusterSync();
}

}  // namespace counterpoint
