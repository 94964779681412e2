#pragma once
// mbarrier: a counter in shared memory that completes a phase when as many arrivals as it was
// initialized with, and as many bytes as were announced, have come; then it starts the next phase.
// Waiters name the parity of the phase they wait for: 0 for the first, 1 for the second, and so on.

#include "base/types.h"

namespace counterpoint {

constexpr u32 kBarrierBytes = 8;

// By one thread; see also fenceBarrierInit.
CP_DEVICE void initBarrier(u32 barrier, u32 arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

// Releases what this thread did, and what it has seen, to whoever waits for the phase.
CP_DEVICE void arrive(u32 barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// The same at a block of the cluster, by an address that clusterAddress made. Not for ordinary
// stores that the other block is to see: release at the cluster's scope is a fence of the whole
// device, and costs as much as two products of a panel. What wgmma has read needs none, since it is
// complete when awaited.
CP_DEVICE void arriveCluster(u32 barrier) {
  asm volatile("mbarrier.arrive.shared::cluster.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// Arrives, and announces bytes that asynchronous copies will bring in this phase.
CP_DEVICE void arriveExpecting(u32 barrier, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}

// Waits until the phase of this parity has completed. try_wait sleeps in hardware for a while
// before it gives up, so the loop hardly ever turns.
CP_DEVICE void awaitPhase(u32 barrier, u32 parity) {
  asm volatile(
      "{\n"
      "  .reg .pred done;\n"
      "waiting:\n"
      "  mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "  @done bra complete;\n"
      "  bra waiting;\n"
      "complete:\n"
      "}" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

}  // namespace counterpoint
