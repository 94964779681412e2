#pragma once
// Element types on the host, by the toolkit's own conversions.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include "support.h"

inline int bytesOf(int type) {
  switch (type) {
    case kFp32:
    case kInt32:
      return 4;
    case kFp16:
    case kBf16:
      return 2;
    default:
      return 1;
  }
}

inline const char* nameOf(int type) {
  static const char* names[] = {"fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "int8", "int32"};
  return names[type];
}

// v of rule NUM-1.
inline double roundoffOf(int type) {
  switch (type) {
    case kFp32:
      return std::ldexp(1, -24);
    case kFp16:
      return std::ldexp(1, -11);
    case kBf16:
      return std::ldexp(1, -8);
    default:
      return 0;
  }
}

template <class T>
void put(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
T take(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline void encode(int type, uint8_t* at, double value) {
  const float f = static_cast<float>(value);
  switch (type) {
    case kFp32:
      return put(at, f);
    case kFp16:
      return put(at, __half_raw(__float2half_rn(f)).x);
    case kBf16:
      return put(at, __nv_bfloat16_raw(__float2bfloat16_rn(f)).x);
    case kFp8E4m3:
      return put(at, __nv_cvt_float_to_fp8(f, __NV_SATFINITE, __NV_E4M3));
    case kFp8E5m2:
      return put(at, __nv_cvt_float_to_fp8(f, __NV_SATFINITE, __NV_E5M2));
    case kInt8:
      return put(at, static_cast<int8_t>(value));
    default:
      return put(at, static_cast<int32_t>(value));
  }
}

inline double decode(int type, const uint8_t* at) {
  switch (type) {
    case kFp32:
      return take<float>(at);
    case kFp16:
      return __half2float(__half(take<__half_raw>(at)));
    case kBf16:
      return __bfloat162float(__nv_bfloat16(take<__nv_bfloat16_raw>(at)));
    case kFp8E4m3:
      return __half2float(__half(__nv_cvt_fp8_to_halfraw(take<uint8_t>(at), __NV_E4M3)));
    case kFp8E5m2:
      return __half2float(__half(__nv_cvt_fp8_to_halfraw(take<uint8_t>(at), __NV_E5M2)));
    case kInt8:
      return take<int8_t>(at);
    default:
      return take<int32_t>(at);
  }
}

inline std::mt19937& randomness() {
  static std::mt19937 engine(20251120);
  return engine;
}

// Rows of `width` elements, `stride` apart; what lies between rows is poison (NaN, or −1).
inline std::vector<uint8_t> randomMatrix(int type, int rows, int width, int stride) {
  std::uniform_real_distribution<double> real(-1, 1);
  std::uniform_int_distribution<int> integer(-128, 127);
  const int bytes = bytesOf(type);
  std::vector<uint8_t> host(static_cast<size_t>(rows) * stride * bytes, 0xff);
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < width; c++) {
      const bool whole = type == kInt8 || type == kInt32;
      encode(type,
             &host[(static_cast<size_t>(r) * stride + c) * bytes],
             whole ? integer(randomness()) : real(randomness()));
    }
  }
  return host;
}
