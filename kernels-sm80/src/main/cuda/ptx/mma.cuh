#pragma once
// mma.sync by input type. Whatever the type, one instruction multiplies 16 rows by 8 columns over
// 32 bytes of K, with the same four registers of A, two of B and four of sums, so that all that is
// above this header is written once.

#include "base/types.h"

namespace counterpoint {

// The instruction's shape and types are the only difference.
#define CP_MMA(INSTRUCTION, ACC)                                                     \
  asm(INSTRUCTION " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
      : "+" ACC(sum[0]), "+" ACC(sum[1]), "+" ACC(sum[2]), "+" ACC(sum[3])           \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

struct Bf16 {
  using Sum = f32;
  static constexpr i32 kBytes = 2;
  static CP_DEVICE u32 prepare(u32 pair) { return pair; }
  static CP_DEVICE void multiply(f32 (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    CP_MMA("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "f");
  }
};

struct Fp16 {
  using Sum = f32;
  static constexpr i32 kBytes = 2;
  static CP_DEVICE u32 prepare(u32 pair) { return pair; }
  static CP_DEVICE void multiply(f32 (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    CP_MMA("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", "f");
  }
};

// binary32 in memory, rounded to TF32 (not truncated: the bound of rule NUM-1 needs the half bit).
struct Tf32 {
  using Sum = f32;
  static constexpr i32 kBytes = 4;
  static CP_DEVICE u32 prepare(u32 value) {
    u32 rounded;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(__uint_as_float(value)));
    return rounded;
  }
  static CP_DEVICE void multiply(f32 (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    CP_MMA("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", "f");
  }
};

struct Int8 {
  using Sum = i32;
  static constexpr i32 kBytes = 1;
  static CP_DEVICE u32 prepare(u32 four) { return four; }
  static CP_DEVICE void multiply(i32 (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    CP_MMA("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32", "r");
  }
};

#if defined(CP_FP8)
struct E4m3 {
  using Sum = f32;
  static constexpr i32 kBytes = 1;
  static CP_DEVICE u32 prepare(u32 four) { return four; }
  static CP_DEVICE void multiply(f32 (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    CP_MMA("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32", "f");
  }
};

struct E5m2 {
  using Sum = f32;
  static constexpr i32 kBytes = 1;
  static CP_DEVICE u32 prepare(u32 four) { return four; }
  static CP_DEVICE void multiply(f32 (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    CP_MMA("mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e5m2.f32", "f");
  }
};
#endif

#undef CP_MMA

}  // namespace counterpoint
