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
