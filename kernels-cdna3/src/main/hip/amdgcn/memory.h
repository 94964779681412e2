#pragma once
// Loads and stores whose memory order is in their name. Plain ones are ordinary accesses: volatile
// would make each of them wait for itself. What keeps them in order is the fences.

#include "base/types.h"

namespace counterpoint {

template <class T>
using GlobalPointer = __attribute__((address_space(1))) T*;
template <class T>
using ConstantPointer = const __attribute__((address_space(4))) T*;
template <class T>
using SharedPointer = __attribute__((address_space(3))) T*;

using u32x2 = u32 __attribute__((ext_vector_type(2)));
using u32x4 = u32 __attribute__((ext_vector_type(4)));

template <class T>
CP_DEVICE GlobalPointer<T> globalPointer(u64 address) {
  return reinterpret_cast<GlobalPointer<T>>(address);
}

// ---- Order ----

// Waits until at most COUNT of this wave's vector memory operations are under way. Those return in
// the order in which they were issued.
template <i32 COUNT>
CP_DEVICE void awaitVectorMemory() {
  static_assert(COUNT >= 0 && COUNT < 64, "six bits");
  // expcnt and lgkmcnt stay at their maximum: not waited for.
  __builtin_amdgcn_s_waitcnt((COUNT & 15) | 7 << 4 | 15 << 8 | (COUNT >> 4) << 14);
  asm volatile("" ::: "memory");
}

// Releases write the caches back. The compiler (LLVM 19 to 22) does not wait between that and a
// relaxed store that follows, which could then overtake the data; hence the explicit wait.
CP_DEVICE void releaseSystem() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "");
  awaitVectorMemory<0>();
}
CP_DEVICE void releaseDevice() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "agent");
  awaitVectorMemory<0>();
}

// Acquires drop what the caches hold. All waves of a block share their compute unit's cache, so
// that one wave may do it for all, ahead of a barrier.
CP_DEVICE void acquireSystem() {
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "");
  awaitVectorMemory<0>();
}
CP_DEVICE void acquireDevice() {
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "agent");
  awaitVectorMemory<0>();
}

// Orders what this thread did, and what it has seen others do, before what it does next, for
// everyone on the host and on all devices.
CP_DEVICE void fenceSystem() {
  releaseSystem();
  acquireSystem();
}

// Asks for a signal word. What was released before the value that is seen may be read after
// acquirePolled.
CP_DEVICE u64 pollSystem(u64 address) {
  return __scoped_atomic_load_n(
      globalPointer<u64>(address), __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
}

CP_DEVICE void acquirePolled() {
  acquireSystem();
}

CP_DEVICE u32 loadRelaxedSystem(u64 address) {
  return __scoped_atomic_load_n(
      globalPointer<u32>(address), __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
}

CP_DEVICE void storeReleaseSystem(u64 address, u32 value) {
  releaseSystem();
  __scoped_atomic_store_n(
      globalPointer<u32>(address), value, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
}

// ---- Global memory ----

template <class T>
CP_DEVICE T loadPlain(u64 address) {
  return *globalPointer<const T>(address);
}

template <class T>
CP_DEVICE void storePlain(u64 address, T value) {
  *globalPointer<T>(address) = value;
}

CP_DEVICE Vector16 loadVector(u64 address) {
  return __builtin_bit_cast(Vector16, *globalPointer<const u32x4>(address));
}

CP_DEVICE void storeVector(u64 address, const Vector16& v) {
  *globalPointer<u32x4>(address) = __builtin_bit_cast(u32x4, v);
}

// Two packets of eight bytes, each of which is seen whole or not at all, with no order between them
// nor towards anything else. Two stores, since what is whole in one of sixteen bytes is written down
// nowhere. System scope, so that they pass this die's caches on their way to the peer and nothing
// need be written back after them. Relaxed, so that nothing is waited for, not even the one before.
CP_DEVICE void storePackets(u64 address, const Vector16& v) {
#pragma unroll
  for (i32 i = 0; i < 2; i++) {
    const u64 packet = v.word[2 * i] | static_cast<u64>(v.word[2 * i + 1]) << 32;
    __scoped_atomic_store_n(
        globalPointer<u64>(address + 8 * i), packet, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
  }
}

// System scope here too: an older copy in a cache of this die would be found again by every look,
// and there is no invalidate between looks.
CP_DEVICE Vector16 loadPackets(u64 address) {
  Vector16 v;
#pragma unroll
  for (i32 i = 0; i < 2; i++) {
    const u64 packet = pollSystem(address + 8 * i);
    v.word[2 * i] = static_cast<u32>(packet);
    v.word[2 * i + 1] = static_cast<u32>(packet >> 32);
  }
  return v;
}

// An entry of a table that nothing changes while a kernel runs: by the scalar cache, where all
// lanes ask for the same.
CP_DEVICE i32 tableEntry(u64 table, i64 index) {
  return reinterpret_cast<ConstantPointer<i32>>(table)[index];
}

CP_DEVICE u64 addressEntry(u64 table, i64 index) {
  return reinterpret_cast<ConstantPointer<u64>>(table)[index];
}

// ---- LDS, by 32-bit address ----

template <class T>
CP_DEVICE SharedPointer<T> sharedPointer(u32 address) {
  return reinterpret_cast<SharedPointer<T>>(address);
}

template <class T>
CP_DEVICE T loadShared(u32 address) {
  return *sharedPointer<const T>(address);
}

template <class T>
CP_DEVICE void storeShared(u32 address, T value) {
  *sharedPointer<T>(address) = value;
}

}  // namespace counterpoint
