#pragma once
// The toolkit's conversions that the checks use, from the definition of the formats.

#include "small_floats.h"

struct __half_raw {
  unsigned short x;
};
struct __nv_bfloat16_raw {
  unsigned short x;
};
using __half = __half_raw;
using __nv_bfloat16 = __nv_bfloat16_raw;
enum __nv_saturation_t { __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };

inline const model::FloatFormat& formatOf(__nv_fp8_interpretation_t kind) {
  return kind == __NV_E4M3 ? model::kE4m3Format : model::kE5m2Format;
}
inline __half __float2half_rn(float value) {
  return {static_cast<unsigned short>(model::encode(model::kFp16Format, value))};
}
inline float __half2float(__half value) {
  return static_cast<float>(model::decode(model::kFp16Format, value.x));
}
inline __nv_bfloat16 __float2bfloat16_rn(float value) {
  return {static_cast<unsigned short>(model::encode(model::kBf16Format, value))};
}
inline float __bfloat162float(__nv_bfloat16 value) {
  return static_cast<float>(model::decode(model::kBf16Format, value.x));
}
inline unsigned char __nv_cvt_float_to_fp8(float value,
                                           __nv_saturation_t,
                                           __nv_fp8_interpretation_t kind) {
  return static_cast<unsigned char>(model::encode(formatOf(kind), value));
}
// Every value of eight bits is one of sixteen.
inline __half_raw __nv_cvt_fp8_to_halfraw(unsigned char bits, __nv_fp8_interpretation_t kind) {
  return __float2half_rn(static_cast<float>(model::decode(formatOf(kind), bits)));
}
