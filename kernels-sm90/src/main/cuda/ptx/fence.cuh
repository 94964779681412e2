#pragma once
// Fences between the proxies of memory. Ordinary loads and stores go through the generic proxy,
// copy engine and tensor cores through the asynchronous one; neither sees the other's order of its
// own accord.

#include "base/types.h"

namespace counterpoint {

// What this thread's ordinary accesses wrote, or have seen written, comes before what it asks of
// the asynchronous proxy next; in global and in shared memory.
CP_DEVICE void fenceProxyAsync() {
  asm volatile("fence.proxy.async;" ::: "memory");
}

// The same of this block's shared memory only.
CP_DEVICE void fenceSharedProxyAsync() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// Makes initialized barriers known to the cluster and to the copy engine; a barrier of the cluster
// or block has to follow.
CP_DEVICE void fenceBarrierInit() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

}  // namespace counterpoint
