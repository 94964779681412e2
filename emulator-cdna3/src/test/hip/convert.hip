// Conversions, one per kernel, over arrays.
#include "device.h"

DEVICE int index() { return group() * 256 + thread(); }

KERNEL BOUNDS(256) void halfToSingle(const half* in, float* out) { out[index()] = in[index()]; }
KERNEL BOUNDS(256) void singleToHalf(const float* in, half* out) { out[index()] = half(in[index()]); }
KERNEL BOUNDS(256) void brainToSingle(const u16* in, float* out) { out[index()] = __builtin_bit_cast(float, u32(in[index()]) << 16); }
KERNEL BOUNDS(256) void singleToBrain(const float* in, __bf16* out) { out[index()] = __bf16(in[index()]); }

// Four packed values per thread: each of the byte selects is used.
KERNEL BOUNDS(256) void fp8ToSingle(const u32* in, float* out) {
  const u32 four = in[index()];
  out[4 * index()] = __builtin_amdgcn_cvt_f32_fp8(four, 0);
  out[4 * index() + 1] = __builtin_amdgcn_cvt_f32_fp8(four, 1);
  out[4 * index() + 2] = __builtin_amdgcn_cvt_f32_fp8(four, 2);
  out[4 * index() + 3] = __builtin_amdgcn_cvt_f32_fp8(four, 3);
}
typedef float f32x2 __attribute__((ext_vector_type(2)));
KERNEL BOUNDS(256) void bf8ToSingle(const u32* in, float* out) {
  const u32 four = in[index()];
  *(f32x2*)&out[4 * index()] = __builtin_amdgcn_cvt_pk_f32_bf8(four, false);
  *(f32x2*)&out[4 * index() + 2] = __builtin_amdgcn_cvt_pk_f32_bf8(four, true);
}
KERNEL BOUNDS(256) void singleToFp8(const float* in, u32* out) {
  const float* four = in + 4 * index();
  u32 packed = __builtin_amdgcn_cvt_pk_fp8_f32(four[0], four[1], 0, false);
  out[index()] = __builtin_amdgcn_cvt_pk_fp8_f32(four[2], four[3], packed, true);
}
KERNEL BOUNDS(256) void singleToBf8(const float* in, u32* out) {
  const float* four = in + 4 * index();
  u32 packed = __builtin_amdgcn_cvt_pk_bf8_f32(four[0], four[1], 0, false);
  out[index()] = __builtin_amdgcn_cvt_pk_bf8_f32(four[2], four[3], packed, true);
}
// Stochastic rounding with the random number 0 cuts off.
KERNEL BOUNDS(256) void singleToFp8Cut(const float* in, u32* out) {
  const float* four = in + 4 * index();
  u32 packed = __builtin_amdgcn_cvt_sr_fp8_f32(four[0], 0, 0, 0);
  packed = __builtin_amdgcn_cvt_sr_fp8_f32(four[1], 0, packed, 1);
  packed = __builtin_amdgcn_cvt_sr_fp8_f32(four[2], 0, packed, 2);
  out[index()] = __builtin_amdgcn_cvt_sr_fp8_f32(four[3], 0, packed, 3);
}
