#pragma once
// Clock, pause, position, and how to forget them.

#include "base/types.h"

namespace counterpoint {

constexpr i32 kWarp = 64;

// Nanoseconds on a clock that does not stop: 100 MHz, the same for all dies of a device.
CP_DEVICE u64 globalNanos() {
  return __builtin_amdgcn_s_memrealtime() * 10;
}

// About that long: one s_sleep is 64 cycles, 30 ns at 2.1 GHz.
CP_DEVICE void pauseNanos(u32 nanos) {
#pragma unroll 1
  for (u32 slept = 0; slept < nanos; slept += 32) {
    __builtin_amdgcn_s_sleep(1);
  }
}

// Keeps the compiler from computing something early, or once, and holding it through the main loop:
// the value is the same, but is new to it. Only for what is the same in all lanes.
CP_DEVICE i32 forget(i32 value) {
  asm volatile("" : "+s"(value));
  return value;
}

// Number of the compute unit, unique in the device: die, shader engine, unit.
CP_DEVICE u32 multiprocessor() {
  constexpr i32 kHardwareId = 4 | 8 << 6 | 6 << 11;  // HW_ID, bits 8 to 14
  constexpr i32 kDieId = 20 | 0 << 6 | 3 << 11;      // XCC_ID, bits 0 to 3
  return __builtin_amdgcn_s_getreg(kDieId) << 7 | __builtin_amdgcn_s_getreg(kHardwareId);
}

// 1 / √value, to about the last bit; value is normal and positive, or NaN.
CP_DEVICE f32 reciprocalRoot(f32 value) {
  return __builtin_amdgcn_rsqf(value);
}

CP_DEVICE u32 bitsOf(f32 value) {
  return __builtin_bit_cast(u32, value);
}
CP_DEVICE f32 floatOf(u32 bits) {
  return __builtin_bit_cast(f32, bits);
}

}  // namespace counterpoint
