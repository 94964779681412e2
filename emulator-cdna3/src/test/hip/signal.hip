// Data and signals between devices and between work-groups.
#include "device.h"

// Producer on one device, consumer on another, over `rounds`: the consumer's buffer is written again in each round, after
// the consumer has said that it is done with the last. Work-group g moves words [g · words, (g + 1) · words).
KERNEL BOUNDS(256) void produce(u32* remoteData, u32* remoteFlags, u32* acks, int words, int rounds) {
  u32* mine = remoteData + group() * words;
  for (int round = 1; round <= rounds; round++) {
    if (thread() == 0) awaitSystem(&acks[group() * 32], round - 1);
    barrier();
    for (int k = thread(); k < words; k += 256) mine[k] = round * 1000 + group() * 100000 + k;
    releaseSystem();
    barrier();
    if (thread() == 0) signalSystem(&remoteFlags[group() * 32], round);
  }
}

KERNEL BOUNDS(256) void consume(const u32* data, u32* flags, u32* remoteAcks, u32* out, int words, int rounds) {
  const u32* mine = data + group() * words;
  u32 wrong = 0;
  for (int round = 1; round <= rounds; round++) {
    if (thread() == 0) wrong += !awaitSystem(&flags[group() * 32], round);
    barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "");
    for (int k = thread(); k < words; k += 256) wrong += mine[k] != u32(round * 1000 + group() * 100000 + k);
    barrier();
    if (thread() == 0) signalSystem(&remoteAcks[group() * 32], round);
  }
  __scoped_atomic_fetch_add(&out[group()], wrong, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
}

// Every work-group writes a value, waits for all the others, and adds up all values; `rounds` times over.
KERNEL BOUNDS(256) void gridSum(u32* parts, u32* counter, u32* out, int rounds) {
  const int count = groups();
  for (int round = 1; round <= rounds; round++) {
    u32* mine = parts + (round & 1) * count * 256;
    mine[group() * 256 + thread()] = round * 7 + group() + thread();
    releaseDevice();
    barrier();
    if (thread() == 0) {
      __scoped_atomic_fetch_add(counter, 1, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
      while (__scoped_atomic_load_n(counter, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE) < u32(round * count)) __builtin_amdgcn_s_sleep(1);
    }
    barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "agent");
    u32 sum = 0;
    for (int k = thread(); k < count * 256; k += 256) sum += mine[k];
    SHARED static u32 total;
    if (thread() == 0) total = 0;
    barrier();
    __scoped_atomic_fetch_add(&total, sum, __ATOMIC_RELAXED, __MEMORY_SCOPE_WRKGRP);
    barrier();
    if (thread() == 0) out[(round - 1) * count + group()] = total;
  }
}

// Sets a flag, or waits for one, without data.
KERNEL void raise(u32* flag, u32 value) { signalSystem(flag, value); }
KERNEL void hold(u32* flag, u32 value, u32* out) { *out = awaitSystem(flag, value); }

// Sixteen bytes of each lane in each round, to another device, past the caches and without a release. Data and flag are
// stored 0: apart, 1: in packets of eight bytes, each with a flag, 2: at once, with one flag for all sixteen bytes.
KERNEL BOUNDS(64) void send(u32* to, int way, int rounds) {
  for (int round = 1; round <= rounds; round++) {
    u32* slot = to + (round * 64 + thread()) * 4;
    const u32 data = round * 1000 + thread(), flag = 7;
    if (way == 0) {
      for (int k = 0; k < 4; k++) __scoped_atomic_store_n(slot + k, k % 2 ? flag : data, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
    } else if (way == 1) {
      for (int k = 0; k < 2; k++)
        __scoped_atomic_store_n((u64*)slot + k, u64(flag) << 32 | data, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
    } else {
      const u32x4 all = {data, data, data, flag};
      __asm__ volatile("global_store_dwordx4 %0, %1, off sc0 sc1\n\ts_nop 1" ::"v"(slot), "v"(all) : "memory");
    }
    __builtin_amdgcn_s_sleep(1);
  }
}

// Counts data that was not there when its flag was.
KERNEL BOUNDS(64) void take(u64* from, u32* out, int way, int rounds) {
  u32 wrong = 0;
  for (int round = 1; round <= rounds; round++) {
    u64* slot = from + (round * 64 + thread()) * 2;
    const u32 data = round * 1000 + thread();
    for (int k = 1; k >= 0; k--) {
      u64 packet = 0;
      do packet = __scoped_atomic_load_n(slot + k, __ATOMIC_RELAXED, __MEMORY_SCOPE_SYSTEM);
      while ((way < 2 || k == 1) && packet >> 32 != 7);
      wrong += u32(packet) != data;
    }
  }
  __scoped_atomic_fetch_add(out, wrong, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
}
