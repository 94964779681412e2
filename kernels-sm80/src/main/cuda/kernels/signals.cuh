#pragma once
// What signals do in stream order; one warp each. Earlier work of the stream is complete when these
// begin, and the fence puts it before the signal for all who see it.

#include "params/signal.h"
#include "signal/post.cuh"
#include "signal/wait.cuh"

namespace counterpoint {

CP_DEVICE void signalSet(const SignalSetParams& p) {
  if (hasFailed(p.operation)) {
    return;
  }
  const u64 epoch = loadPlain<u64>(p.epoch);
  fenceSystem();
  if (p.count == 0 && threadIdx.x == 0) {
    maximumReleaseSystem(p.word, epoch);
  }
  for (i32 i = threadIdx.x; i < p.count; i += blockDim.x) {
    maximumReleaseSystem(addressEntry(p.words, i), epoch);
  }
}

CP_DEVICE void signalAdd(const SignalAddParams& p) {
  if (threadIdx.x == 0 && !hasFailed(p.operation)) {
    fenceSystem();
    addReleaseSystem(p.word, p.delta);
  }
}

CP_DEVICE void epochAdvance(const EpochAdvanceParams& p) {
  if (threadIdx.x == 0 && !hasFailed(p.operation)) {
    addReleaseSystem(p.epoch, 1);
  }
}

// Ends when all words are there, or the world has failed; work behind it on the stream sees which.
CP_DEVICE void await(const AwaitParams& p) {
  if (!__all_sync(0xffffffff, !hasFailed(p.operation))) {
    return;
  }
  Wanted wanted{targetValue(p.target), 0, -1, p.array, kAwait};
  bool reached = true;
  for (i32 i = threadIdx.x; i < p.count && reached; i += blockDim.x) {
    wanted.word = p.firstWord + i;
    reached = awaitWord(p.operation, p.words + i * sizeof(u64), wanted);
  }
  fenceSystem();
}

CP_DEVICE void barrier(const BarrierParams& p) {
  if (!__all_sync(0xffffffff, !hasFailed(p.operation))) {
    return;
  }
  fenceSystem();
  for (i32 i = threadIdx.x; i < p.count; i += blockDim.x) {
    addReleaseSystem(addressEntry(p.announce, i), 1);
  }
  Wanted wanted{targetValue(p.target), 0, -1, p.array, kBarrier};
  awaitWords(p.operation, p.words, 0, p.count, wanted);
  fenceSystem();
}

}  // namespace counterpoint
