#pragma once
// Bounded waiting by one thread. The caller's barrier carries what the thread acquired to its
// block.

#include "device/primitives.h"
#include "signal/fault.h"

namespace counterpoint {

CP_DEVICE i64 targetValue(const Target& target) {
  const i64 epoch = target.epoch == 0 ? 0 : static_cast<i64>(loadPlain<u64>(target.epoch));
  return target.perEpoch * epoch + target.offset;
}

// True after an acquire.
CP_DEVICE bool hasReached(u64 word, i64 value) {
  const bool reached = static_cast<i64>(pollSystem(word)) >= value;
  if (reached) {
    acquirePolled();
  }
  return reached;
}

constexpr u32 kPollsBetween = 128;  // some tenth of a millisecond

// False when the wait expired (and has been reported) or the world failed meanwhile: then nothing
// that depended on the word may be done.
CP_DEVICE bool awaitWord(const Operation& operation, u64 word, const Wanted& wanted) {
  if (hasReached(word, wanted.value)) {
    return true;
  }
  const WaitContext& context = *reinterpret_cast<const WaitContext*>(operation.context);
  const u64 start = globalNanos();
  u32 pause = 32;
#pragma unroll 1
  for (u32 polls = 0;; polls++) {
    const i64 seen = static_cast<i64>(pollSystem(word));
    if (seen >= wanted.value) {
      acquirePolled();
      return true;
    }
    // The clock of the device and the flag of the host lie outside of what polls: a hundred
    // blocks that ask for them at each poll slow down every command that the device is given.
    const bool rarely = polls % kPollsBetween == kPollsBetween - 1;
    if (failedMeanwhile(context, rarely)) {
      return false;
    }
    if (rarely) {
      const i64 elapsed = static_cast<i64>(globalNanos() - start);
      if (elapsed > context.timeoutNanos) {
        reportExpired(context, operation.operation, wanted, seen, elapsed);
        return false;
      }
    }
    pauseNanos(pause);
    pause = pause < 512 ? pause * 2 : pause;
  }
}

// The lanes of one warp share consecutive words; true when all of them were reached.
CP_DEVICE bool awaitWords(
    const Operation& operation, u64 words, i32 first, i32 count, const Wanted& wanted) {
  bool reached = true;
  for (i32 i = threadIndex() % kWarp; i < count && reached; i += kWarp) {
    Wanted mine = wanted;
    mine.word = first + i;
    reached = awaitWord(operation, words + mine.word * sizeof(u64), mine);
  }
  return allInWarp(reached);
}

// The same without waiting.
CP_DEVICE bool haveReached(u64 words, i32 first, i32 count, i64 value) {
  bool reached = true;
  for (i32 i = threadIndex() % kWarp; i < count && reached; i += kWarp) {
    reached = hasReached(words + (static_cast<i64>(first) + i) * sizeof(u64), value);
  }
  return allInWarp(reached);
}

}  // namespace counterpoint
