#pragma once
// Loads and stores whose memory order is in their name. Plain ones are volatile assembly too: what
// a peer wrote must not be read through a path that the compiler believes constant.

#include "base/types.h"

namespace counterpoint {

// Asks for a signal word. What was released before the value that is seen may be read after
// acquirePolled; on this device the load itself acquires.
CP_DEVICE u64 pollSystem(u64 address) {
  u64 value;
  asm volatile("ld.acquire.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(address) : "memory");
  return value;
}

CP_DEVICE void acquirePolled() {}

CP_DEVICE u32 loadRelaxedSystem(u64 address) {
  u32 value;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(value) : "l"(address) : "memory");
  return value;
}

CP_DEVICE void storeReleaseSystem(u64 address, u32 value) {
  asm volatile("st.release.sys.global.u32 [%0], %1;" ::"l"(address), "r"(value) : "memory");
}

// Orders what this thread did, and what it has seen others do, before what it does next, for
// everyone on the host and on all devices.
CP_DEVICE void fenceSystem() {
  asm volatile("fence.acq_rel.sys;" ::: "memory");
}

CP_DEVICE void fenceDevice() {
  asm volatile("fence.acq_rel.gpu;" ::: "memory");
}

CP_DEVICE Vector16 loadVector(u64 address) {
  Vector16 v;
  asm volatile("ld.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.word[0]), "=r"(v.word[1]), "=r"(v.word[2]), "=r"(v.word[3])
               : "l"(address)
               : "memory");
  return v;
}

CP_DEVICE void storeVector(u64 address, const Vector16& v) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address),
               "r"(v.word[0]),
               "r"(v.word[1]),
               "r"(v.word[2]),
               "r"(v.word[3])
               : "memory");
}

// Through the first-level cache, for what is read again soon. What it finds is no older than what
// this block has acquired.
CP_DEVICE f32 loadCached(u64 address) {
  f32 value;
  asm volatile("ld.global.f32 %0, [%1];" : "=f"(value) : "l"(address) : "memory");
  return value;
}

// Two packets of eight bytes, each of which is seen whole or not at all, with no order between them
// nor towards anything else.
CP_DEVICE void storePackets(u64 address, const Vector16& v) {
  const u64 first = v.word[0] | static_cast<u64>(v.word[1]) << 32;
  const u64 second = v.word[2] | static_cast<u64>(v.word[3]) << 32;
  asm volatile(
      "st.relaxed.sys.global.v2.u64 [%0], {%1, %2};" ::"l"(address), "l"(first), "l"(second)
      : "memory");
}

CP_DEVICE Vector16 loadPackets(u64 address) {
  u64 first, second;
  asm volatile("ld.relaxed.sys.global.v2.u64 {%0, %1}, [%2];"
               : "=l"(first), "=l"(second)
               : "l"(address)
               : "memory");
  return Vector16{{static_cast<u32>(first),
                   static_cast<u32>(first >> 32),
                   static_cast<u32>(second),
                   static_cast<u32>(second >> 32)}};
}

template <class T>
CP_DEVICE T loadPlain(u64 address) {
  return *reinterpret_cast<const volatile T*>(address);
}

template <class T>
CP_DEVICE void storePlain(u64 address, T value) {
  *reinterpret_cast<volatile T*>(address) = value;
}

// An entry of a table that nothing changes while a kernel runs.
CP_DEVICE i32 tableEntry(u64 table, i64 index) {
  return __ldg(reinterpret_cast<const i32*>(table) + index);
}

CP_DEVICE u64 addressEntry(u64 table, i64 index) {
  return __ldg(reinterpret_cast<const u64*>(table) + index);
}

// ---- Shared memory, by 32-bit address ----

CP_DEVICE u32 sharedAddress(const void* pointer) {
  return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

CP_DEVICE u32 loadShared(u32 address) {
  u32 value;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(value) : "r"(address) : "memory");
  return value;
}

CP_DEVICE Vector16 loadSharedVector(u32 address) {
  Vector16 v;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.word[0]), "=r"(v.word[1]), "=r"(v.word[2]), "=r"(v.word[3])
               : "r"(address)
               : "memory");
  return v;
}

CP_DEVICE void storeShared(u32 address, u32 value) {
  asm volatile("st.shared.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");
}

CP_DEVICE void storeSharedPair(u32 address, u32 first, u32 second) {
  asm volatile("st.shared.v2.u32 [%0], {%1, %2};" ::"r"(address), "r"(first), "r"(second)
               : "memory");
}

CP_DEVICE void storeSharedVector(u32 address, u32 a, u32 b, u32 c, u32 d) {
  asm volatile(
      "st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(a), "r"(b), "r"(c), "r"(d)
      : "memory");
}

template <class T>
CP_DEVICE void storeSharedPlain(u32 address, T value) {
  static_assert(sizeof(T) == 1 || sizeof(T) == 2, "only what cp.async cannot copy");
  if constexpr (sizeof(T) == 1) {
    asm volatile("st.shared.u8 [%0], %1;" ::"r"(address), "r"(static_cast<u32>(value)) : "memory");
  } else {
    asm volatile("st.shared.u16 [%0], %1;" ::"r"(address), "h"(value) : "memory");
  }
}

}  // namespace counterpoint
