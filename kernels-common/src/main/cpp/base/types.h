#pragma once
// Fixed-width types and the few words that every header uses, for CUDA and HIP alike. Freestanding:
// no compiler needs a header from outside the kernels' own folders.

#if defined(CP_DEVICE)
// A host compiler's, for tests.
#elif defined(__HIP__)
#define CP_DEVICE __attribute__((device, always_inline)) inline
#else
#define CP_DEVICE __device__ __forceinline__
#endif

namespace counterpoint {

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using i8 = signed char;
using i32 = int;
using i64 = long long;
using f32 = float;

static_assert(sizeof(u16) == 2 && sizeof(u32) == 4 && sizeof(u64) == 8, "widths as named");

// Sixteen bytes: what one vector load or store moves.
struct alignas(16) Vector16 {
  u32 word[4];
};

CP_DEVICE i32 minimum(i32 a, i32 b) {
  return a < b ? a : b;
}
CP_DEVICE i64 minimum(i64 a, i64 b) {
  return a < b ? a : b;
}
CP_DEVICE i32 maximum(i32 a, i32 b) {
  return a > b ? a : b;
}

}  // namespace counterpoint
