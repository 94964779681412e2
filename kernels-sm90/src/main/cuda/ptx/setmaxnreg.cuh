#pragma once
// Registers move between the warpgroups of a block: who only starts copies gives away what who
// multiplies needs for its sums. By all warps of a warpgroup.

#include "base/types.h"

namespace counterpoint {

template <i32 REGISTERS>
CP_DEVICE void keepRegisters() {
  static_assert(REGISTERS >= 24 && REGISTERS <= 256 && REGISTERS % 8 == 0, "what hardware takes");
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

// Waits until as many are free.
template <i32 REGISTERS>
CP_DEVICE void takeRegisters() {
  static_assert(REGISTERS >= 24 && REGISTERS <= 256 && REGISTERS % 8 == 0, "what hardware takes");
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

}  // namespace counterpoint
