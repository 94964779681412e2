// The few names that the test kernels need; no ROCm header is used.
#pragma once
#define KERNEL extern "C" __attribute__((global))
#define DEVICE __attribute__((device)) static inline __attribute__((always_inline))
#define SHARED __attribute__((shared))
#define BOUNDS(threads) __attribute__((amdgpu_flat_work_group_size(threads, threads)))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Float16 half;
typedef float f32x4 __attribute__((ext_vector_type(4)));
typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef int i32x4 __attribute__((ext_vector_type(4)));
typedef int i32x16 __attribute__((ext_vector_type(16)));
typedef half half4 __attribute__((ext_vector_type(4)));
typedef __bf16 bf16x4 __attribute__((ext_vector_type(4)));
typedef short short4 __attribute__((ext_vector_type(4)));
typedef u32 u32x2 __attribute__((ext_vector_type(2)));
typedef u32 u32x4 __attribute__((ext_vector_type(4)));

DEVICE int lane() { return __builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0)); }
DEVICE int thread() { return __builtin_amdgcn_workitem_id_x(); }
DEVICE int group() { return __builtin_amdgcn_workgroup_id_x(); }
DEVICE int threads() { return __builtin_amdgcn_workgroup_size_x(); }
DEVICE int groups() { return __builtin_amdgcn_grid_size_x() / threads(); }

DEVICE void barrier() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

// What every wave does before the barrier that comes before one thread's signal; and the signal.
DEVICE void releaseSystem() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "");
  __builtin_amdgcn_s_waitcnt(0x0F70);  // vmcnt(0): the write-back has arrived
  __asm__ volatile("" ::: "memory");
}
DEVICE void releaseDevice() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "agent");
  __builtin_amdgcn_s_waitcnt(0x0F70);
  __asm__ volatile("" ::: "memory");
}
DEVICE void signalSystem(u32* flag, u32 value) { __scoped_atomic_store_n(flag, value, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM); }
/// Waits until a word has reached a value, at most 30 s of the 100 MHz clock; the caller acquires.
DEVICE bool awaitSystem(u32* flag, u32 value) {
  const u64 start = __builtin_amdgcn_s_memrealtime();
  while (__scoped_atomic_load_n(flag, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM) < value) {
    __builtin_amdgcn_s_sleep(2);
    if (__builtin_amdgcn_s_memrealtime() - start > 3000000000ull) return false;
  }
  return true;
}
