#pragma once
// The tensor copy engine (TMA): one thread asks for a box of a matrix, the engine computes the
// addresses, fills with zeros what lies outside the matrix, permutes the 16-byte chunks of each
// 128-byte row (swizzle), and counts the bytes at an mbarrier when they have arrived.
//
// It reads through the asynchronous proxy: what this thread learned through ordinary loads (a
// signal) is ordered before these reads only by fenceProxyAsync.

#include "base/types.h"

namespace counterpoint {

// Fetches the description itself, ahead of its first use.
CP_DEVICE void prefetchTensorMap(u64 map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

// The box whose first element is (inner, outer), `inner` along the contiguous dimension, to this
// block's shared memory.
CP_DEVICE void loadBox(u32 target, u64 map, i32 inner, i32 outer, u32 barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4}], [%2];" ::"r"(target),
      "l"(map),
      "r"(barrier),
      "r"(inner),
      "r"(outer)
      : "memory");
}

// The same to every block of the cluster whose bit is set, at the same place in each; the bytes are
// counted at the same barrier of each.
CP_DEVICE void loadBoxMulticast(
    u32 target, u64 map, i32 inner, i32 outer, u32 barrier, u32 blocks) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
      ".multicast::cluster [%0], [%1, {%3, %4}], [%2], %5;" ::"r"(target),
      "l"(map),
      "r"(barrier),
      "r"(inner),
      "r"(outer),
      "h"(static_cast<u16>(blocks))
      : "memory");
}

}  // namespace counterpoint
