#pragma once
// The twin of the kernels' ptx/atomics.cuh on the machine of fibers.

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

template <class T, class Change>
CP_DEVICE T atomicChange(u64 address, const Change& change) {
  model::machine->maybeYield();
  model::machine->publish();
  model::machine->check(address, sizeof(T), "atomic");
  T& word = *reinterpret_cast<T*>(address);
  const T before = word;
  word = change(before);
  return before;
}

// What the copy engine wrote is not released by what threads do with one another.
CP_DEVICE void requireStoresFenced() {
  if (model::current->sawStores) {
    model::machine->fail("a signal after stores of the copy engine, without fence.proxy.async");
  }
}

CP_DEVICE void addSignal(u64 address, u64 value) {
  requireStoresFenced();
  atomicChange<u64>(address, [&](u64 before) { return before + value; });
}

CP_DEVICE void raiseSignal(u64 address, u64 value) {
  requireStoresFenced();
  atomicChange<u64>(address, [&](u64 before) { return before > value ? before : value; });
}

CP_DEVICE u32 addAcquireReleaseDevice(u64 address, u32 value) {
  return atomicChange<u32>(address, [&](u32 before) { return before + value; });
}

CP_DEVICE bool claimSystem(u64 address) {
  return atomicChange<u32>(address, [](u32 before) { return before == 0 ? 1u : before; }) == 0;
}

}  // namespace counterpoint
