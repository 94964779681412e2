// Vector addition, a sum of all elements, and a row-wise softmax.
#include "device.h"

KERNEL void vectorAdd(const float* a, const float* b, float* c, int n) {
  const int k = group() * threads() + thread();
  if (k < n) c[k] = a[k] + b[k];
}

DEVICE float waveSum(float value) {
  for (int distance = 32; distance; distance /= 2)
    value += __builtin_bit_cast(float, __builtin_amdgcn_ds_bpermute((lane() ^ distance) * 4, __builtin_bit_cast(int, value)));
  return value;
}
DEVICE float waveMax(float value) {
  for (int distance = 32; distance; distance /= 2) {
    const float other = __builtin_bit_cast(float, __builtin_amdgcn_ds_bpermute((lane() ^ distance) * 4, __builtin_bit_cast(int, value)));
    value = other > value ? other : value;
  }
  return value;
}

KERNEL BOUNDS(256) void sumAll(const float* in, float* out, int n) {
  SHARED static float waves[4];
  float sum = 0;
  for (int k = group() * 256 + thread(); k < n; k += groups() * 256) sum += in[k];
  sum = waveSum(sum);
  if (lane() == 0) waves[thread() / 64] = sum;
  barrier();
  if (thread() == 0) __scoped_atomic_fetch_add(out, waves[0] + waves[1] + waves[2] + waves[3], __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
}

KERNEL BOUNDS(256) void softmax(const float* in, float* out, int columns) {
  SHARED static float waves[4], row[2048];
  in += (long)group() * columns;
  out += (long)group() * columns;
  float most = -3e38f;
  for (int k = thread(); k < columns; k += 256) {
    const float value = in[k];
    row[k] = value;
    most = value > most ? value : most;
  }
  most = waveMax(most);
  if (lane() == 0) waves[thread() / 64] = most;
  barrier();
  for (int k = 0; k < 4; k++) most = waves[k] > most ? waves[k] : most;
  barrier();
  float sum = 0;
  for (int k = thread(); k < columns; k += 256) {
    row[k] = __builtin_amdgcn_exp2f((row[k] - most) * 1.44269504f);
    sum += row[k];
  }
  sum = waveSum(sum);
  if (lane() == 0) waves[thread() / 64] = sum;
  barrier();
  sum = waves[0] + waves[1] + waves[2] + waves[3];
  for (int k = thread(); k < columns; k += 256) out[k] = row[k] / sum;
}

// Global memory to LDS without registers between, then back: what global_load_lds needs a vmcnt wait for.
KERNEL BOUNDS(256) void throughLds(const u32* in, u32* out) {
  SHARED static u32 words[256];
  __builtin_amdgcn_global_load_lds((const __attribute__((address_space(1))) void*)(in + group() * 256 + thread()),
                                   (__attribute__((address_space(3))) void*)(words + thread() / 64 * 64), 4, 0, 0);
  __builtin_amdgcn_s_waitcnt(0x0F70);
  barrier();
  out[group() * 256 + thread()] = words[255 - thread()];
}
