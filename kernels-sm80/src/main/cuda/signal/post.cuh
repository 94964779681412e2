#pragma once
// Raising signals: data first. The block's barrier comes before these, so that what all its threads
// stored is ordered by the one thread that raises.

#include "ptx/atomics.cuh"
#include "ptx/memory.cuh"

namespace counterpoint {

// By one thread, after a barrier of its block.
CP_DEVICE void postOne(u64 words, i64 index) {
  fenceSystem();
  addReleaseSystem(words + index * sizeof(u64), 1);
}

// By one thread, after a barrier of its block: whether this block is the last of `blocks` to
// arrive, and so sees what all of them stored. The counter is 0 again afterwards, for the next
// launch.
CP_DEVICE bool arriveLast(u64 counter, i32 blocks) {
  fenceSystem();
  const bool last = addAcquireReleaseDevice(counter, 1) == static_cast<u32>(blocks) - 1;
  if (last) {
    storePlain<u32>(counter, 0);
    fenceSystem();
  }
  return last;
}

}  // namespace counterpoint
