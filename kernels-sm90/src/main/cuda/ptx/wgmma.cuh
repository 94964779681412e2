#pragma once
// wgmma: a warpgroup (four warps, the first a multiple of four) multiplies 64 rows of one operand
// by N columns of the other over 32 bytes of K, both read from shared memory by descriptors, and
// adds to sums in its registers, asynchronously. Warp w of the four holds rows 16·w to 16·w + 15;
// of those, lane (g, j) = (l / 4, l % 4) holds, for each eight columns c, in registers 4·c and
// 4·c + 1 the columns 8·c + 2·j and 8·c + 2·j + 1 of row g, in 4·c + 2 and 4·c + 3 those of row
// g + 8.
//
// The life of a batch: beginProducts, products, commitProducts, awaitProducts. From the first
// product until the batch is awaited nobody may touch its sums or overwrite its operands.

#include "mma/input.cuh"

namespace counterpoint {

// Orders earlier accesses to the registers of sums before the products that follow.
CP_DEVICE void beginProducts() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

// Makes one group of the products since the last.
CP_DEVICE void commitProducts() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most PENDING groups are still under way.
template <i32 PENDING>
CP_DEVICE void awaitProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

// Keeps the compiler from moving its own uses of a sum across this point; no instruction.
CP_DEVICE void pin(f32& sum) {
  asm volatile("" : "+f"(sum)::"memory");
}
CP_DEVICE void pin(i32& sum) {
  asm volatile("" : "+r"(sum)::"memory");
}

// Lets a sum hold whatever its register does, for products that overwrite it; no instruction.
CP_DEVICE void leaveUndefined(f32& sum) {
  asm volatile("" : "=f"(sum)::"memory");
}

// ---- Products ----

// Wgmma<Input, N, FIRST_ACROSS, SECOND_ACROSS>::multiply(sums, first, second, add): sums of this
// lane, descriptors of the 64-row and the N-column operand; the sums are overwritten where `add` is
// false. 1 for an operand that lies across K, which only 16-bit types may.
template <class Input, i32 N, i32 FIRST_ACROSS, i32 SECOND_ACROSS>
struct Wgmma;

// Operand numbers in an instruction's text, and registers to go with them.
#define CP_T0 "%0, %1, %2, %3, %4, %5, %6, %7"
#define CP_T1 "%8, %9, %10, %11, %12, %13, %14, %15"
#define CP_T2 "%16, %17, %18, %19, %20, %21, %22, %23"
#define CP_T3 "%24, %25, %26, %27, %28, %29, %30, %31"
#define CP_T4 "%32, %33, %34, %35, %36, %37, %38, %39"
#define CP_T5 "%40, %41, %42, %43, %44, %45, %46, %47"
#define CP_T6 "%48, %49, %50, %51, %52, %53, %54, %55"
#define CP_T7 "%56, %57, %58, %59, %60, %61, %62, %63"
#define CP_T8 "%64, %65, %66, %67, %68, %69, %70, %71"
#define CP_T9 "%72, %73, %74, %75, %76, %77, %78, %79"
#define CP_T10 "%80, %81, %82, %83, %84, %85, %86, %87"
#define CP_T11 "%88, %89, %90, %91, %92, %93, %94, %95"
#define CP_T12 "%96, %97, %98, %99, %100, %101, %102, %103"
#define CP_T13 "%104, %105, %106, %107, %108, %109, %110, %111"
#define CP_T14 "%112, %113, %114, %115, %116, %117, %118, %119"
#define CP_T15 "%120, %121, %122, %123, %124, %125, %126, %127"
#define CP_TEXT_8 CP_T0
#define CP_TEXT_16 CP_TEXT_8 ", " CP_T1
#define CP_TEXT_32 CP_TEXT_16 ", " CP_T2 ", " CP_T3
#define CP_TEXT_64 CP_TEXT_32 ", " CP_T4 ", " CP_T5 ", " CP_T6 ", " CP_T7
#define CP_TEXT_80 CP_TEXT_64 ", " CP_T8 ", " CP_T9
#define CP_TEXT_96 CP_TEXT_80 ", " CP_T10 ", " CP_T11
#define CP_TEXT_128                                                                            \
  CP_TEXT_64 ", " CP_T8 ", " CP_T9 ", " CP_T10 ", " CP_T11 ", " CP_T12 ", " CP_T13 ", " CP_T14 \
             ", " CP_T15

#define CP_R4(C, I) "+" C(d[I]), "+" C(d[I + 1]), "+" C(d[I + 2]), "+" C(d[I + 3])
#define CP_SUMS_8(C, I) CP_R4(C, I), CP_R4(C, I + 4)
#define CP_SUMS_16(C, I) CP_SUMS_8(C, I), CP_SUMS_8(C, I + 8)
#define CP_SUMS_32(C, I) CP_SUMS_16(C, I), CP_SUMS_16(C, I + 16)
#define CP_SUMS_64(C, I) CP_SUMS_32(C, I), CP_SUMS_32(C, I + 32)
#define CP_SUMS_80(C, I) CP_SUMS_64(C, I), CP_SUMS_16(C, I + 64)
#define CP_SUMS_96(C, I) CP_SUMS_64(C, I), CP_SUMS_32(C, I + 64)
#define CP_SUMS_128(C, I) CP_SUMS_64(C, I), CP_SUMS_64(C, I + 64)

// N columns are SUMS = N / 2 registers, after which the other operands are counted: FIRST, SECOND,
// ADD, and for 16-bit types two that say how the operands lie.
#define CP_WGMMA_16(INPUT, TYPE, N, SUMS, FIRST, SECOND, ADD, ACROSS1, ACROSS2)              \
  template <i32 FIRST_ACROSS, i32 SECOND_ACROSS>                                             \
  struct Wgmma<INPUT, N, FIRST_ACROSS, SECOND_ACROSS> {                                      \
    static CP_DEVICE void multiply(f32 (&d)[SUMS], u64 first, u64 second, bool add) {        \
      asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %" #ADD                             \
                   ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N "k16.f32." TYPE "." TYPE     \
                   " {" CP_TEXT_##SUMS "}, %" #FIRST ", %" #SECOND ", add, 1, 1, %" #ACROSS1 \
                                       ", %" #ACROSS2 ";\n}"                                 \
                   : CP_SUMS_##SUMS("f", 0)                                                  \
                   : "l"(first),                                                             \
                     "l"(second),                                                            \
                     "r"(static_cast<i32>(add)),                                             \
                     "n"(FIRST_ACROSS),                                                      \
                     "n"(SECOND_ACROSS)                                                      \
                   : "memory");                                                              \
    }                                                                                        \
  };

#define CP_WGMMA_8(INPUT, TYPES, C, FACTORS, N, SUMS, FIRST, SECOND, ADD)                        \
  template <>                                                                                    \
  struct Wgmma<INPUT, N, 0, 0> {                                                                 \
    static CP_DEVICE void multiply(INPUT::Sum (&d)[SUMS], u64 first, u64 second, bool add) {     \
      asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %" #ADD                                 \
                   ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N "k32." TYPES " {" CP_TEXT_##SUMS \
                   "}, %" #FIRST ", %" #SECOND ", add" FACTORS ";\n}"                            \
                   : CP_SUMS_##SUMS(C, 0)                                                        \
                   : "l"(first), "l"(second), "r"(static_cast<i32>(add))                         \
                   : "memory");                                                                  \
    }                                                                                            \
  };

#define CP_WGMMA_ALL(APPLY, ...)                   \
  APPLY(__VA_ARGS__, 16, 8, 8, 9, 10, 11, 12)      \
  APPLY(__VA_ARGS__, 32, 16, 16, 17, 18, 19, 20)   \
  APPLY(__VA_ARGS__, 64, 32, 32, 33, 34, 35, 36)   \
  APPLY(__VA_ARGS__, 128, 64, 64, 65, 66, 67, 68)  \
  APPLY(__VA_ARGS__, 160, 80, 80, 81, 82, 83, 84)  \
  APPLY(__VA_ARGS__, 192, 96, 96, 97, 98, 99, 100) \
  APPLY(__VA_ARGS__, 256, 128, 128, 129, 130, 131, 132)

#define CP_WGMMA_FLOAT8(INPUT, TYPES, N, SUMS, FIRST, SECOND, ADD, ...) \
  CP_WGMMA_8(INPUT, TYPES, "f", ", 1, 1", N, SUMS, FIRST, SECOND, ADD)
#define CP_WGMMA_INT8(INPUT, TYPES, N, SUMS, FIRST, SECOND, ADD, ...) \
  CP_WGMMA_8(INPUT, TYPES, "r", "", N, SUMS, FIRST, SECOND, ADD)

CP_WGMMA_ALL(CP_WGMMA_16, Bf16, "bf16")
CP_WGMMA_ALL(CP_WGMMA_16, Fp16, "f16")
CP_WGMMA_ALL(CP_WGMMA_FLOAT8, E4m3, "f32.e4m3.e4m3")
CP_WGMMA_ALL(CP_WGMMA_FLOAT8, E5m2, "f32.e5m2.e5m2")
CP_WGMMA_ALL(CP_WGMMA_INT8, Int8, "s32.s8.s8")

#undef CP_WGMMA_INT8
#undef CP_WGMMA_FLOAT8
#undef CP_WGMMA_ALL
#undef CP_WGMMA_8
#undef CP_WGMMA_16

}  // namespace counterpoint
