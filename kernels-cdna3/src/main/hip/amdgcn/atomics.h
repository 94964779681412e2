#pragma once
// Counters. A signal word only grows: it is added to, or raised to a maximum, and never stored. A
// fence comes before: fenceSystem for one thread's or a stream's data, syncBeforeSignal for a
// block's.

#include "amdgcn/memory.h"

namespace counterpoint {

CP_DEVICE void addSignal(u64 address, u64 value) {
  __scoped_atomic_fetch_add(
      globalPointer<u64>(address), value, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
}

// By compare and swap, which every path between devices can do; a maximum not.
CP_DEVICE void raiseSignal(u64 address, u64 value) {
  u64 seen = pollSystem(address);
  while (seen < value && !__scoped_atomic_compare_exchange_n(globalPointer<u64>(address),
                                                            &seen,
                                                            value,
                                                            false,
                                                            __ATOMIC_RELAXED,
                                                            __ATOMIC_RELAXED,
                                                            __MEMORY_SCOPE_SYSTEM)) {
  }
}

// Returns what the counter was; used by blocks of one grid to find who comes last. The release has
// been done by all waves of the block.
CP_DEVICE u32 addAcquireReleaseDevice(u64 address, u32 value) {
  const u32 before = __scoped_atomic_fetch_add(
      globalPointer<u32>(address), value, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  acquireDevice();
  return before;
}

// True for the one caller that changes the word from 0 to 1.
CP_DEVICE bool claimSystem(u64 address) {
  u32 expected = 0;
  releaseSystem();
  const bool claimed = __scoped_atomic_compare_exchange_n(globalPointer<u32>(address),
                                                          &expected,
                                                          1u,
                                                          false,
                                                          __ATOMIC_RELAXED,
                                                          __ATOMIC_RELAXED,
                                                          __MEMORY_SCOPE_SYSTEM);
  acquireSystem();
  return claimed;
}

}  // namespace counterpoint
