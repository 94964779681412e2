// The portable functions as a kernel: out[function · count + thread].
#include "device.h"
#define PORTABLE DEVICE
#define PORTABLE_CALL __attribute__((device, noinline))
#pragma clang fp contract(off)
#include "portable.h"

KERNEL BOUNDS(256) void portableAll(u32* out, int count) {
  const u32 x = group() * 256 + thread();
  for (u32 f = 0; f < FUNCTIONS; f++) out[f * count + x] = portable(f, x);
}
