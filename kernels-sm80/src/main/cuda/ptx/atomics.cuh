#pragma once
// Counters. A signal word only grows: it is added to, or raised to a maximum, and never stored. A
// fence comes before: fenceSystem for one thread's or a stream's data, fenceBeforeSignal for a
// block's.

#include "base/types.h"

namespace counterpoint {

CP_DEVICE void addSignal(u64 address, u64 value) {
  asm volatile("red.release.sys.global.add.u64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
}

CP_DEVICE void raiseSignal(u64 address, u64 value) {
  asm volatile("red.release.sys.global.max.u64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
}

// Returns what the counter was; used by blocks of one grid to find who comes last.
CP_DEVICE u32 addAcquireReleaseDevice(u64 address, u32 value) {
  u32 before;
  asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;"
               : "=r"(before)
               : "l"(address), "r"(value)
               : "memory");
  return before;
}

// True for the one caller that changes the word from 0 to 1.
CP_DEVICE bool claimSystem(u64 address) {
  u32 before;
  asm volatile("atom.acq_rel.sys.global.cas.b32 %0, [%1], 0, 1;"
               : "=r"(before)
               : "l"(address)
               : "memory");
  return before == 0;
}

}  // namespace counterpoint
