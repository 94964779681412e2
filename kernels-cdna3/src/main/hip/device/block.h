#pragma once
// A block's threads: who they are, and how they agree. A block is what this vendor calls a
// work-group, a warp its wave of 64 lanes.

#include "amdgcn/memory.h"
#include "amdgcn/special.h"

namespace counterpoint {

// Dies of an MI300X. The hardware gives block b to die b % 8, each with an L2 of its own.
constexpr i32 kDies = 8;
// Waves of a block that votes.
constexpr i32 kVoters = 4;

CP_DEVICE i32 threadIndex() {
  return __builtin_amdgcn_workitem_id_x();
}
CP_DEVICE i32 blockThreads() {
  return __builtin_amdgcn_workgroup_size_x();
}
CP_DEVICE i32 blockIndex() {
  return __builtin_amdgcn_workgroup_id_x();
}
// The first hidden argument.
CP_DEVICE i32 blockCount() {
  return *(ConstantPointer<i32>)__builtin_amdgcn_implicitarg_ptr();
}

// The same in all lanes, and known to be: it lives in a scalar register.
CP_DEVICE i32 uniform(i32 value) {
  return __builtin_amdgcn_readfirstlane(value);
}
CP_DEVICE u64 uniform(u64 value) {
  const u32 low = uniform(static_cast<i32>(value));
  return static_cast<u64>(uniform(static_cast<i32>(value >> 32))) << 32 | low;
}
CP_DEVICE i32 warpIndex() {
  return uniform(threadIndex() / kWarp);
}
CP_DEVICE i32 laneIndex() {
  return threadIndex() % kWarp;
}

// This block's first unit of work; the next one is blockCount() further. Of each round of units the
// blocks of one die do consecutive ones, which share rows of A and columns of B in its L2.
CP_DEVICE i32 firstUnit() {
  const i32 block = blockIndex();
  const i32 die = block % kDies;
  const i32 perDie = blockCount() / kDies;
  const i32 more = blockCount() % kDies;
  return die * perDie + minimum(die, more) + block / kDies;
}

// Orders what the block's threads did in LDS; says nothing of global memory.
CP_DEVICE void syncBlock() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

CP_DEVICE bool anyInWarp(bool value) {
  return __builtin_amdgcn_ballot_w64(value) != 0;
}
CP_DEVICE bool allInWarp(bool value) {
  return !anyInWarp(!value);
}

// The barrier has no vote, so waves leave theirs in LDS; the second barrier is for the next vote.
CP_DEVICE bool syncAny(bool value) {
  static __attribute__((shared)) u32 votes[kVoters];
  const bool any = anyInWarp(value);
  if (laneIndex() == 0) {
    votes[warpIndex()] = any;
  }
  syncBlock();
  u32 sum = 0;
  for (i32 i = 0; i < kVoters; i++) {
    sum |= votes[i];
  }
  syncBlock();
  return uniform(static_cast<i32>(sum)) != 0;
}
CP_DEVICE bool syncAll(bool value) {
  return !syncAny(!value);
}

// The value that another lane of the wave has.
CP_DEVICE f32 fromLane(f32 value, i32 lane) {
  const i32 bits = static_cast<i32>(bitsOf(value));
  return floatOf(static_cast<u32>(__builtin_amdgcn_ds_bpermute(lane * 4, bits)));
}

// By all threads of a block of kVoters waves: the sum of their values, the same bits for all of
// them and each time: a tree within each wave, then wave after wave.
CP_DEVICE f32 sumBlock(f32 value) {
  static __attribute__((shared)) f32 parts[kVoters];
#pragma unroll
  for (i32 distance = kWarp / 2; distance > 0; distance /= 2) {
    value += fromLane(value, laneIndex() ^ distance);
  }
  if (laneIndex() == 0) {
    parts[warpIndex()] = value;
  }
  syncBlock();
  f32 sum = 0;
  for (i32 i = 0; i < kVoters; i++) {
    sum += parts[i];
  }
  syncBlock();  // the next sum may take their place
  return sum;
}

// By all threads, before one of them raises a signal for what all of them stored, or arrives where
// blocks of this device count each other. Every wave waits for its stores, and for their way out of
// the caches, ahead of the barrier: a fence of the one thread alone would leave the others' behind.
CP_DEVICE void syncBeforeSignal() {
  releaseSystem();
  syncBlock();
}
CP_DEVICE void syncBeforeArrival() {
  releaseDevice();
  syncBlock();
}
// By the one thread, in between: nothing is left to do.
CP_DEVICE void fenceBeforeSignal() {}

}  // namespace counterpoint
