// Memory that blocks and actors share: what exists, and when a store is seen by others.

#include <algorithm>
#include <cstdlib>

#include "machine.h"

namespace model {

static std::map<u64, u64>& allowed() {
  static std::map<u64, u64> ranges;
  return ranges;
}

DeviceMemory::DeviceMemory(u64 bytes, int pattern)
    : data(static_cast<u8*>(std::aligned_alloc(256, (bytes + 511) / 256 * 256))), length(bytes) {
  std::memset(data, pattern, bytes);
  allowed()[at()] = bytes;
}

DeviceMemory::~DeviceMemory() {
  allowed().erase(at());
  std::free(data);
}

void Machine::check(u64 address, u32 bytes, const char* what) {
  auto after = allowed().upper_bound(address);
  if (after != allowed().begin()) {
    --after;
    if (address + bytes <= after->first + after->second) {
      if (address % std::min<u32>(bytes, 16) != 0) {
        fail(std::string(what) + " at a misaligned address");
      }
      return;
    }
  }
  fail(std::string(what) + " of " + std::to_string(bytes) + " bytes outside all memory");
}

void Machine::store(u64 address, const void* bytes, u32 size) {
  check(address, size, "store");
  if (current->stores.empty()) {
    writers.push_back(current);
  }
  PendingStore store{address, size, ++current->storeCount, {}};
  std::memcpy(store.bytes, bytes, size);
  current->stores.push_back(store);
  if (!current->knows.empty()) {
    current->knows[current->index.x] = current->storeCount;
  }
}

// A thread sees its own stores; those of others when they have become visible.
void Machine::load(u64 address, void* bytes, u32 size) {
  check(address, size, "load");
  std::memcpy(bytes, reinterpret_cast<const void*>(address), size);
  for (const PendingStore& store : current->stores) {
    for (u32 i = 0; i < store.size; i++) {
      const u64 at = store.address + i;
      if (at >= address && at < address + size) {
        static_cast<u8*>(bytes)[at - address] = store.bytes[i];
      }
    }
  }
}

void Machine::drain(Thread& thread, u32 upTo) {
  size_t kept = 0;
  for (const PendingStore& store : thread.stores) {
    if (store.sequence <= upTo) {
      std::memcpy(reinterpret_cast<void*>(store.address), store.bytes, store.size);
    } else {
      thread.stores[kept++] = store;
    }
  }
  thread.stores.resize(kept);
  if (kept == 0) {
    writers.erase(std::remove(writers.begin(), writers.end(), &thread), writers.end());
  }
}

// Stores of one thread become visible in order here; those of several, in any order.
void Machine::drainOne() {
  Thread& thread = *writers[random(static_cast<u32>(writers.size()))];
  drain(thread, thread.stores.front().sequence);
}

void Machine::publish() {
  if (current->block == nullptr) {
    return;
  }
  if (writers.empty()) {
    return;
  }
  for (auto& other : current->block->threads) {
    if (!other->stores.empty()) {
      drain(*other, current->knows[other->index.x]);
    }
  }
}

}  // namespace model
