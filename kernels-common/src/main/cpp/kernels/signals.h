#pragma once
// What signals do in stream order; one warp each. Earlier work of the stream is complete when these
// begin, and the fence puts it before the signal for all who see it.

#include "params/signal.h"
#include "signal/post.h"
#include "signal/wait.h"

namespace counterpoint {

CP_DEVICE void signalSet(const SignalSetParams& p) {
  if (hasFailed(p.operation)) {
    return;
  }
  const u64 epoch = loadPlain<u64>(p.epoch);
  fenceSystem();
  if (p.count == 0 && threadIndex() == 0) {
    raiseSignal(p.word, epoch);
  }
  for (i32 i = threadIndex(); i < p.count; i += blockThreads()) {
    raiseSignal(addressEntry(p.words, i), epoch);
  }
}

CP_DEVICE void signalAdd(const SignalAddParams& p) {
  if (threadIndex() == 0 && !hasFailed(p.operation)) {
    fenceSystem();
    addSignal(p.word, p.delta);
  }
}

CP_DEVICE void epochAdvance(const EpochAdvanceParams& p) {
  if (threadIndex() == 0 && !hasFailed(p.operation)) {
    addSignal(p.epoch, 1);
  }
}

// Ends when all words are there, or the world has failed; work behind it on the stream sees which.
CP_DEVICE void await(const AwaitParams& p) {
  if (!allInWarp(!hasFailed(p.operation))) {
    return;
  }
  Wanted wanted{targetValue(p.target), 0, -1, p.array, kAwait};
  bool reached = true;
  for (i32 i = threadIndex(); i < p.count && reached; i += blockThreads()) {
    wanted.word = p.firstWord + i;
    reached = awaitWord(p.operation, p.words + i * sizeof(u64), wanted);
  }
  fenceSystem();
}

CP_DEVICE void barrier(const BarrierParams& p) {
  if (!allInWarp(!hasFailed(p.operation))) {
    return;
  }
  fenceSystem();
  for (i32 i = threadIndex(); i < p.count; i += blockThreads()) {
    addSignal(addressEntry(p.announce, i), 1);
  }
  Wanted wanted{targetValue(p.target), 0, -1, p.array, kBarrier};
  awaitWords(p.operation, p.words, 0, p.count, wanted);
  fenceSystem();
}

}  // namespace counterpoint
