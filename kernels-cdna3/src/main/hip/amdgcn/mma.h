#pragma once
// Matrix products by input type. A fragment is sixteen bytes of K for each lane: of a row of A or a
// column of B, lane % MMA, and the lanes / MMA of them side by side in K. What one lane holds at a
// place of its sixteen bytes meets what the other operand's lanes hold there; so all types use one
// layout, and the k within a step are added in an order of their own, the same for A and B.
//
// The weights come first: then a lane's sums are of one row of D, four neighbours at a time.

#include "amdgcn/memory.h"

namespace counterpoint {

template <i32 COUNT>
using Floats = f32 __attribute__((ext_vector_type(COUNT)));
template <i32 COUNT>
using Integers = i32 __attribute__((ext_vector_type(COUNT)));
using Halves = _Float16 __attribute__((ext_vector_type(4)));
using Shorts = short __attribute__((ext_vector_type(4)));

// Sums that one lane holds of MMA × MMA.
template <i32 MMA>
constexpr i32 kSumsOf = MMA * MMA / 64;

// Through values of their own: clang 20 takes a bit cast of v.hi, or of v[i], for one of what v
// begins with.
template <class T>
CP_DEVICE T firstHalf(const u32x4& v) {
  const u32x2 half = {v.x, v.y};
  return __builtin_bit_cast(T, half);
}
template <class T>
CP_DEVICE T secondHalf(const u32x4& v) {
  const u32x2 half = {v.z, v.w};
  return __builtin_bit_cast(T, half);
}

CP_DEVICE f32 word(const u32x4& v, i32 i) {
  const u32 bits = v[i];
  return __builtin_bit_cast(f32, bits);
}

// kConverts: bytes are changed on their way into LDS, so they take it through registers.
// kScale: what sums lack, exactly.
struct Bf16 {
  using Sum = f32;
  using Fragment = u32x4;
  static constexpr i32 kBytes = 2;
  static constexpr bool kConverts = false;
  static constexpr f32 kScale = 1;
  static CP_DEVICE u32 convert(u32 word) { return word; }
  static CP_DEVICE Fragment prepare(const u32x4& bytes) { return bytes; }
  static CP_DEVICE void multiply(Floats<16>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_f32_32x32x8bf16_1k(
        firstHalf<Shorts>(b), firstHalf<Shorts>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_f32_32x32x8bf16_1k(
        secondHalf<Shorts>(b), secondHalf<Shorts>(a), sum, 0, 0, 0);
  }
  static CP_DEVICE void multiply(Floats<4>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(
        firstHalf<Shorts>(b), firstHalf<Shorts>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(
        secondHalf<Shorts>(b), secondHalf<Shorts>(a), sum, 0, 0, 0);
  }
};

struct Fp16 {
  using Sum = f32;
  using Fragment = u32x4;
  static constexpr i32 kBytes = 2;
  static constexpr bool kConverts = false;
  static constexpr f32 kScale = 1;
  static CP_DEVICE u32 convert(u32 word) { return word; }
  static CP_DEVICE Fragment prepare(const u32x4& bytes) { return bytes; }
  static CP_DEVICE void multiply(Floats<16>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_f32_32x32x8f16(
        firstHalf<Halves>(b), firstHalf<Halves>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_f32_32x32x8f16(
        secondHalf<Halves>(b), secondHalf<Halves>(a), sum, 0, 0, 0);
  }
  static CP_DEVICE void multiply(Floats<4>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_f32_16x16x16f16(
        firstHalf<Halves>(b), firstHalf<Halves>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_f32_16x16x16f16(
        secondHalf<Halves>(b), secondHalf<Halves>(a), sum, 0, 0, 0);
  }
};

// Full binary32 products; there is no rounding to TF32 here.
struct Fp32 {
  using Sum = f32;
  using Fragment = u32x4;
  static constexpr i32 kBytes = 4;
  static constexpr bool kConverts = false;
  static constexpr f32 kScale = 1;
  static CP_DEVICE u32 convert(u32 word) { return word; }
  static CP_DEVICE Fragment prepare(const u32x4& bytes) { return bytes; }
  static CP_DEVICE void multiply(Floats<16>& sum, const Fragment& b, const Fragment& a) {
#pragma unroll
    for (i32 i = 0; i < 4; i++) {
      sum = __builtin_amdgcn_mfma_f32_32x32x2f32(
          word(b, i), word(a, i), sum, 0, 0, 0);
    }
  }
  static CP_DEVICE void multiply(Floats<4>& sum, const Fragment& b, const Fragment& a) {
#pragma unroll
    for (i32 i = 0; i < 4; i++) {
      sum = __builtin_amdgcn_mfma_f32_16x16x4f32(
          word(b, i), word(a, i), sum, 0, 0, 0);
    }
  }
};

struct Int8 {
  using Sum = i32;
  using Fragment = u32x4;
  static constexpr i32 kBytes = 1;
  static constexpr bool kConverts = false;
  static constexpr i32 kScale = 1;
  static CP_DEVICE u32 convert(u32 word) { return word; }
  static CP_DEVICE Fragment prepare(const u32x4& bytes) { return bytes; }
  static CP_DEVICE void multiply(Integers<16>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_i32_32x32x16_i8(
        firstHalf<i64>(b), firstHalf<i64>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_i32_32x32x16_i8(
        secondHalf<i64>(b), secondHalf<i64>(a), sum, 0, 0, 0);
  }
  static CP_DEVICE void multiply(Integers<4>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_i32_16x16x32_i8(
        firstHalf<i64>(b), firstHalf<i64>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_i32_16x16x32_i8(
        secondHalf<i64>(b), secondHalf<i64>(a), sum, 0, 0, 0);
  }
};

// OCP's E4M3 by the hardware's FNUZ: there a code means half as much, so that sums lack a factor of
// 4. Three codes mean something else: 0x80 (minus zero; NaN in FNUZ) becomes 0, and 0x7f and 0xff
// (NaN; the largest numbers in FNUZ) become 0x80. That is exact for all 256.
struct E4m3 {
  using Sum = f32;
  using Fragment = u32x4;
  static constexpr i32 kBytes = 1;
  static constexpr bool kConverts = true;
  static constexpr f32 kScale = 4;
  static CP_DEVICE u32 convert(u32 four) {
    const u32 size = four & 0x7f7f7f7f;
    const u32 isNan = (size + 0x01010101) & 0x80808080;
    const u32 isNotZero = size + 0x7f7f7f7f;  // in the top bit of each byte
    const u32 unsignedZero = four & (isNotZero | 0x7f7f7f7f);
    return (unsignedZero & ~(isNan - (isNan >> 7))) | isNan;
  }
  static CP_DEVICE Fragment prepare(const u32x4& bytes) { return bytes; }
  static CP_DEVICE void multiply(Floats<16>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_f32_32x32x16_fp8_fp8(
        firstHalf<i64>(b), firstHalf<i64>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_f32_32x32x16_fp8_fp8(
        secondHalf<i64>(b), secondHalf<i64>(a), sum, 0, 0, 0);
  }
  static CP_DEVICE void multiply(Floats<4>& sum, const Fragment& b, const Fragment& a) {
    sum = __builtin_amdgcn_mfma_f32_16x16x32_fp8_fp8(
        firstHalf<i64>(b), firstHalf<i64>(a), sum, 0, 0, 0);
    sum = __builtin_amdgcn_mfma_f32_16x16x32_fp8_fp8(
        secondHalf<i64>(b), secondHalf<i64>(a), sum, 0, 0, 0);
  }
};

// OCP's E5M2 has infinities, which FNUZ lacks. Eight zero bits below make it binary16, exactly, at
// half the rate.
struct E5m2 {
  using Sum = f32;
  struct Fragment {
    u32x4 low;   // of each word its first two bytes
    u32x4 high;  // and the other two
  };
  static constexpr i32 kBytes = 1;
  static constexpr bool kConverts = false;
  static constexpr f32 kScale = 1;
  static CP_DEVICE u32 convert(u32 four) { return four; }
  static CP_DEVICE Fragment prepare(const u32x4& bytes) {
    Fragment f;
#pragma unroll
    for (i32 i = 0; i < 4; i++) {
      f.low[i] = __builtin_amdgcn_perm(0, bytes[i], 0x010c000c);
      f.high[i] = __builtin_amdgcn_perm(0, bytes[i], 0x030c020c);
    }
    return f;
  }
  template <class SUM>
  static CP_DEVICE void multiply(SUM& sum, const Fragment& b, const Fragment& a) {
    Fp16::multiply(sum, b.low, a.low);
    Fp16::multiply(sum, b.high, a.high);
  }
};

}  // namespace counterpoint
