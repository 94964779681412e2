#pragma once
// Global memory to LDS past the registers.

#include "base/types.h"

namespace counterpoint {

// Each lane's four bytes at `base` + `offset` go to `target` + 4 · lane, where `target` and `base`
// are the same in all lanes; counted by vmcnt, in order with other loads. Assembly rather than the
// builtin, whose every later LDS read the compiler lets wait for all such loads. M0 is the
// compiler's to give, and it keeps nothing there on this architecture.
CP_DEVICE void copyAsync4(u32 target, u64 base, u32 offset) {
  asm volatile("s_mov_b32 m0, %0\n\ts_nop 0\n\tglobal_load_lds_dword %1, %2" ::"s"(target),
               "v"(offset),
               "s"(base)
               : "memory");
}

}  // namespace counterpoint
