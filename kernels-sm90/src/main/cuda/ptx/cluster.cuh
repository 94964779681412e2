#pragma once
// Blocks of one cluster run at the same time and reach each other's shared memory.

#include "base/types.h"

namespace counterpoint {

CP_DEVICE u32 rankInCluster() {
  u32 rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

// The address by which this block reaches, at block `rank`, what lies at `address` here.
CP_DEVICE u32 clusterAddress(u32 address, u32 rank) {
  u32 remote;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(address), "r"(rank));
  return remote;
}

// By all threads of all blocks.
CP_DEVICE void syncCluster() {
  asm volatile(
      "barrier.cluster.arrive.release.aligned;\n"
      "barrier.cluster.wait.acquire.aligned;" ::
          : "memory");
}

}  // namespace counterpoint
