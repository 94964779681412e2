#pragma once
// The twin of the kernels' ptx/memory.cuh on the machine of fibers. Stores to global memory are
// seen by others only later, unless a fence or a release comes between.

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

CP_DEVICE u64 pollSystem(u64 address) {
  model::machine->maybeYield();
  u64 value;
  model::machine->load(address, &value, sizeof value);
  model::current->acquired = true;
  return value;
}

CP_DEVICE void acquirePolled() {}

CP_DEVICE u32 loadRelaxedSystem(u64 address) {
  model::machine->maybeYield();
  u32 value;
  model::machine->load(address, &value, sizeof value);
  return value;
}

CP_DEVICE void storeReleaseSystem(u64 address, u32 value) {
  model::machine->publish();
  model::machine->check(address, sizeof value, "store");
  *reinterpret_cast<u32*>(address) = value;
}

CP_DEVICE void fenceSystem() {
  model::machine->publish();
}

CP_DEVICE void fenceDevice() {
  model::machine->publish();
}

CP_DEVICE Vector16 loadVector(u64 address) {
  Vector16 v;
  model::machine->load(address, &v, sizeof v);
  return v;
}

CP_DEVICE void storeVector(u64 address, const Vector16& v) {
  model::machine->store(address, &v, sizeof v);
}

CP_DEVICE f32 loadCached(u64 address) {
  f32 value;
  model::machine->load(address, &value, sizeof value);
  return value;
}

// Each packet becomes visible by itself, either of the two first.
CP_DEVICE void storePackets(u64 address, const Vector16& v) {
  model::machine->check(address, sizeof v, "store of packets");
  const u32 first = model::machine->random(2);
  for (u32 n = 0; n < 2; n++) {
    const u32 i = n ^ first;
    const u64 packet = v.word[2 * i] | static_cast<u64>(v.word[2 * i + 1]) << 32;
    *reinterpret_cast<u64*>(address + 8 * i) = packet;
    model::machine->maybeYield();
  }
}

CP_DEVICE Vector16 loadPackets(u64 address) {
  model::machine->maybeYield();
  Vector16 v;
  model::machine->load(address, &v, sizeof v);
  return v;
}

template <class T>
CP_DEVICE T loadPlain(u64 address) {
  T value;
  model::machine->load(address, &value, sizeof value);
  return value;
}

template <class T>
CP_DEVICE void storePlain(u64 address, T value) {
  model::machine->store(address, &value, sizeof value);
}

CP_DEVICE i32 tableEntry(u64 table, i64 index) {
  return loadPlain<i32>(table + index * 4);
}

CP_DEVICE u64 addressEntry(u64 table, i64 index) {
  return loadPlain<u64>(table + index * 8);
}

// ---- Shared memory, by 32-bit address ----

template <class T>
CP_DEVICE T& sharedWord(u32 address) {
  if (address % sizeof(T) != 0) {
    model::machine->fail("shared memory at a misaligned address");
  }
  return *reinterpret_cast<T*>(model::current->block->at(address, sizeof(T)));
}

template <class T>
CP_DEVICE void writeShared(u32 address, T value) {
  T& word = sharedWord<T>(address);
  if (model::current->block->extension) {
    model::current->block->extension->write(address, sizeof(T));
  }
  word = value;
}

CP_DEVICE u32 loadShared(u32 address) {
  return sharedWord<u32>(address);
}

CP_DEVICE Vector16 loadSharedVector(u32 address) {
  return sharedWord<Vector16>(address);
}

CP_DEVICE void storeShared(u32 address, u32 value) {
  writeShared<u32>(address, value);
}

CP_DEVICE void storeSharedPair(u32 address, u32 first, u32 second) {
  writeShared<u64>(address, first | static_cast<u64>(second) << 32);
}

CP_DEVICE void storeSharedVector(u32 address, u32 a, u32 b, u32 c, u32 d) {
  writeShared<Vector16>(address, Vector16{{a, b, c, d}});
}

template <class T>
CP_DEVICE void storeSharedPlain(u32 address, T value) {
  writeShared<T>(address, value);
}

}  // namespace counterpoint
