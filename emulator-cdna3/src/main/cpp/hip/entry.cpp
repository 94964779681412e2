// The functions that a program calls first. This file alone is compiled for any x86-64, so that it can say what is
// missing on a processor that the rest of the library does not run on.
#include <cstdio>
#include <cstdlib>

#include "hip/hip_emu_api.h"

namespace emu {
int configuredDevices();
hipError_t reportFromEntry(hipError_t error);
}  // namespace emu

HIPEMU_EXPORT int hipEmuUsable(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

static bool usable() {
  static const bool answer = [] {
    if (hipEmuUsable()) return true;
    std::fprintf(stderr, "[gfx942 emulated] this processor lacks AVX2, FMA or F16C, which the emulator is compiled for\n");
    return false;
  }();
  return answer;
}

HIPEMU_EXPORT hipError_t hipInit(unsigned flags) {
  if (!usable()) return hipErrorNoDevice;
  return flags ? emu::reportFromEntry(hipErrorInvalidValue) : emu::configuredDevices() > 0 ? hipSuccess : hipErrorNoDevice;
}

HIPEMU_EXPORT hipError_t hipGetDeviceCount(int* count) {
  if (!count) return hipErrorInvalidValue;
  *count = 0;
  if (!usable()) return hipErrorNoDevice;
  *count = emu::configuredDevices();
  return *count > 0 ? hipSuccess : hipErrorNoDevice;
}
