#pragma once
// Clock, pause, position, and how to forget them.

#include "base/types.h"

namespace counterpoint {

constexpr i32 kWarp = 32;

// Nanoseconds on a clock that does not stop; its step may be as long as a microsecond.
CP_DEVICE u64 globalNanos() {
  u64 nanos;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanos));
  return nanos;
}

CP_DEVICE void pauseNanos(u32 nanos) {
  asm volatile("nanosleep.u32 %0;" ::"r"(nanos));
}

// The main loop leaves few registers to what surrounds it. These two keep the compiler from
// computing something early, or once, and holding it through the loop: the value is the same, but
// is new to it.
CP_DEVICE i32 forget(i32 value) {
  asm volatile("" : "+r"(value));
  return value;
}

CP_DEVICE i32 threadAnew() {
  i32 thread;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));
  return thread;
}

CP_DEVICE u32 multiprocessor() {
  u32 id;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
  return id;
}

}  // namespace counterpoint
