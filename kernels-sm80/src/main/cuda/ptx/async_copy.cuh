#pragma once
// cp.async: global to shared memory past the registers.

#include "base/types.h"

namespace counterpoint {

// Copies sixteen bytes, or writes zeros and reads nothing; past L1, since no other warp of the
// multiprocessor will read the line again.
CP_DEVICE void copyAsync16(u32 target, u64 source, bool valid) {
  asm volatile(
      "{\n"
      "  .reg .pred ignored;\n"
      "  setp.eq.u32 ignored, %2, 0;\n"
      "  cp.async.cg.shared.global.L2::128B [%0], [%1], 16, ignored;\n"
      "}" ::"r"(target),
      "l"(source),
      "r"(static_cast<u32>(valid))
      : "memory");
}

// Copies the first `bytes` of 8 or 4 and zeroes the rest, for operands that are aligned no better.
template <i32 WIDTH>
CP_DEVICE void copyAsyncNarrow(u32 target, u64 source, i32 bytes) {
  static_assert(WIDTH == 8 || WIDTH == 4, "cp.async copies 16, 8 or 4 bytes");
  asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(target),
               "l"(source),
               "n"(WIDTH),
               "r"(bytes)
               : "memory");
}

CP_DEVICE void commitAsyncCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most PENDING of this thread's groups are still under way.
template <i32 PENDING>
CP_DEVICE void awaitAsyncCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

}  // namespace counterpoint
