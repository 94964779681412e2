#pragma once
// Twin of the kernels' ptx/tma.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

CP_DEVICE void prefetchTensorMap(u64) {}

CP_DEVICE void loadBox(u32 target, u64 map, i32 inner, i32 outer, u32 barrier) {
  model::loadBox(target, map, inner, outer, barrier, 1u << model::current->block->rank);
}

CP_DEVICE void loadBoxMulticast(
    u32 target, u64 map, i32 inner, i32 outer, u32 barrier, u32 blocks) {
  model::loadBox(target, map, inner, outer, barrier, blocks);
}

}  // namespace counterpoint
