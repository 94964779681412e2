#pragma once
// Raising signals: data first. These come after syncBeforeSignal (or syncBeforeArrival) of the
// block, so that what all its threads stored is ordered before the word of the one that raises.

#include "device/primitives.h"

namespace counterpoint {

// By one thread, after syncBeforeSignal.
CP_DEVICE void postOne(u64 words, i64 index) {
  fenceBeforeSignal();
  addSignal(words + index * sizeof(u64), 1);
}

// By one thread, after syncBeforeArrival or, if a signal will follow, syncBeforeSignal: whether this
// block is the last of `blocks` to arrive, and so sees what all of them stored. The counter is 0
// again afterwards, for the next launch.
CP_DEVICE bool arriveLast(u64 counter, i32 blocks) {
  fenceBeforeSignal();
  const bool last = addAcquireReleaseDevice(counter, 1) == static_cast<u32>(blocks) - 1;
  if (last) {
    storePlain<u32>(counter, 0);
    fenceBeforeSignal();
  }
  return last;
}

}  // namespace counterpoint
