#pragma once
// The copy engine, the other way: bytes from this block's shared memory to global memory, also that
// of a peer, while threads do something else.
//
// It reads through the asynchronous proxy: whoever wrote those bytes comes before, and then
// fenceSharedProxyAsync, and then whatever tells the thread that asks for the copy. Copies are
// waited for in groups, by the thread that asked for them: until their source has been read, or
// until they are complete.

#include "base/types.h"

namespace counterpoint {

// Both addresses, and the bytes, are multiples of 16.
CP_DEVICE void storeBulk(u64 to, u32 from, u32 bytes) {
  asm volatile(
      "cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(to), "r"(from), "r"(bytes)
      : "memory");
}

// Makes one group of the copies since the last.
CP_DEVICE void commitStores() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

// Their source may be written again.
CP_DEVICE void awaitStoresRead() {
  asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}

// This thread sees what they have written; others do after a fence between the proxies, and a
// release.
CP_DEVICE void awaitStores() {
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

}  // namespace counterpoint
