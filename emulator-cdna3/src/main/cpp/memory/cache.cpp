#include "memory/cache.h"

#include <cstring>

#include "device/options.h"
#include "exec/fault.h"

namespace emu {
namespace {

constexpr unsigned START_LINES = 256, CLEAN_LIMIT = 1024;
std::atomic<bool> peers[64][64];

u8* memory(u64 address) { return reinterpret_cast<u8*>(address); }

void copyMasked(u8* to, const u8* from, ByteMask bytes) {
  if (bytes == ~ByteMask(0)) {
    std::memcpy(to, from, LINE_BYTES);
    return;
  }
  for (unsigned b = 0; b < LINE_BYTES;) {
    const u32 four = u32(bytes >> b) & 15;
    if (b % 4 == 0 && four == 15) {
      std::memcpy(to + b, from + b, 4);
      b += 4;
    } else if (b % 4 == 0 && four == 0) {
      b += 4;
    } else {
      if (bytes >> b & 1) to[b] = from[b];
      b++;
    }
  }
}

u64 slotOf(u64 id, u64 mask) { return (id * 0x9E3779B97F4A7C15ull >> 20) & mask; }

}  // namespace

void Cache::setPeer(int device, int peer, bool enabled) { peers[device][peer] = enabled; }
bool Cache::peer(int device, int peer) { return peers[device][peer]; }

Cache::Cache(const Owner* owner, int device) : owner(owner), device(device), table(START_LINES), mask(START_LINES - 1) {}

Allocation* Cache::check(u64 address, unsigned size) {
  Allocation* a = AddressSpace::get().find(address);
  if (!a || !a->live)
    fault(FaultKind::BAD_ADDRESS, "address 0x%llx (%u bytes) is in no allocation", static_cast<unsigned long long>(address), size);
  if (address + size > a->end())
    fault(FaultKind::BAD_ADDRESS, "address 0x%llx (%u bytes) runs beyond its allocation 0x%llx of %llu bytes",
          static_cast<unsigned long long>(address), size, static_cast<unsigned long long>(a->base),
          static_cast<unsigned long long>(a->size));
  if (a->kind == MemoryKind::DEVICE && a->device != device && !peers[device][a->device])
    fault(FaultKind::BAD_ADDRESS, "address 0x%llx belongs to device %d and device %d has no peer access to it",
          static_cast<unsigned long long>(address), a->device, device);
  return a;
}

Line* Cache::line(u64 address, unsigned size) {
  Allocation* a = check(address, size);
  if (!a->cached || !options().memoryModel) return nullptr;
  return find(address >> LINE_SHIFT, a);
}

Line* Cache::find(u64 id, Allocation* allocation) {
  for (u64 s = slotOf(id, mask);; s = (s + 1) & mask) {
    if (!table[s]) break;
    if (table[s]->id == id) {
      table[s]->allocation = allocation;
      return table[s].get();
    }
  }
  if (count >= CLEAN_LIMIT || count * 2 >= table.size()) rebuild();
  u64 s = slotOf(id, mask);
  while (table[s]) s = (s + 1) & mask;
  if (spare.empty()) {
    table[s] = std::make_unique<Line>();
  } else {
    table[s] = std::move(spare.back());
    spare.pop_back();
  }
  Line& line = *table[s];
  line.id = id;
  line.epoch = 0;
  line.valid = line.dirty = line.pending = 0;
  line.pendingWave = 0;
  line.allocation = allocation;
  count++;
  return &line;
}

/// Drops clean lines when there are many; grows the table when there still are.
void Cache::rebuild() {
  std::vector<std::unique_ptr<Line>> keep;
  const bool evict = count >= CLEAN_LIMIT;
  for (auto& line : table) {
    if (!line) continue;
    if (evict && !line->held()) spare.push_back(std::move(line));
    else keep.push_back(std::move(line));
  }
  u64 size = START_LINES;
  while (size < keep.size() * 4) size *= 2;
  table.clear();
  table.resize(size);
  mask = size - 1;
  count = unsigned(keep.size());
  for (auto& line : keep) {
    u64 s = slotOf(line->id, mask);
    while (table[s]) s = (s + 1) & mask;
    table[s] = std::move(line);
  }
}

void Cache::load(Line* line, u64 address, unsigned size, void* out, Scope scope, unsigned wave) {
  if (!line) {
    std::memcpy(out, memory(address), size);
    return;
  }
  const unsigned offset = address & (LINE_BYTES - 1);
  const ByteMask bytes = byteMask(offset, size);
  const Allocation& a = *line->allocation;
  const u8* base = memory(line->id << LINE_SHIFT);
  if (scope.throughCache()) {
    if (remote(a) && !scope.system()) tooNarrow(address, "load");
    if (size == 8) *static_cast<u64*>(out) = __atomic_load_n(reinterpret_cast<const u64*>(base + offset), __ATOMIC_ACQUIRE);
    else std::memcpy(out, base + offset, size);
    for (unsigned b = 0; line->dirty & bytes && b < size; b++)
      if (line->dirty >> (offset + b) & 1) static_cast<u8*>(out)[b] = line->data[offset + b];
    return;
  }
  const u32 now = remote(a) ? remoteEpoch : epoch;
  if (line->epoch != now) {
    line->valid = line->dirty;
    line->epoch = now;
  }
  if (const Owner* other = Directory::get().conflict(line->id, owner, bytes)) notReleased(address, size, *other);
  if (line->pending & bytes && line->pendingWave != 0xFF && line->pendingWave != wave + 1)
    fault(FaultKind::MEMORY_ORDER, "read of 0x%llx, which wave %d of this work-group stored without waiting for the store",
          static_cast<unsigned long long>(address), line->pendingWave - 1);
  if (bytes & ~line->valid) {
    const u64 start = std::max(a.base, line->id << LINE_SHIFT), end = std::min(a.end(), (line->id + 1) << LINE_SHIFT);
    const ByteMask inside = byteMask(unsigned(start & (LINE_BYTES - 1)), unsigned(end - start));
    copyMasked(line->data, base, inside & ~line->valid);
    line->valid |= inside;
  } else if (std::memcmp(line->data + offset, base + offset, size) != 0) {
    for (unsigned b = 0; b < size; b++) {
      if ((line->dirty >> (offset + b) & 1) || line->data[offset + b] == base[offset + b]) continue;
      fault(FaultKind::MEMORY_ORDER,
            "stale read of 0x%llx: another writer changed it since this work-group cached it, and no buffer_inv came between",
            static_cast<unsigned long long>(address + b));
    }
  }
  std::memcpy(out, line->data + offset, size);
}

void Cache::land(u64 address, unsigned size, u64 data) {
  switch (size) {
    case 8: __atomic_store_n(reinterpret_cast<u64*>(address), data, __ATOMIC_RELEASE); break;
    case 4: __atomic_store_n(reinterpret_cast<u32*>(address), u32(data), __ATOMIC_RELEASE); break;
    case 2: __atomic_store_n(reinterpret_cast<u16*>(address), u16(data), __ATOMIC_RELEASE); break;
    default: std::memcpy(memory(address), &data, size);
  }
}

void Cache::store(Line* line, u64 address, unsigned size, const void* data, Scope scope, unsigned wave, bool late) {
  if (!line) {
    if (size == 8) __atomic_store_n(reinterpret_cast<u64*>(address), *static_cast<const u64*>(data), __ATOMIC_RELEASE);
    else std::memcpy(memory(address), data, size);
    return;
  }
  const unsigned offset = address & (LINE_BYTES - 1);
  const ByteMask bytes = byteMask(offset, size);
  const bool remoteMemory = remote(*line->allocation);
  const u32 now = remoteMemory ? remoteEpoch : epoch;
  if (line->epoch != now) {
    line->valid = line->dirty;
    line->epoch = now;
  }
  std::memcpy(line->data + offset, data, size);
  line->valid |= bytes;
  if (scope.throughCache()) {
    if (remoteMemory && !scope.system()) tooNarrow(address, "store");
    if (!late) {
      u64 value = 0;
      std::memcpy(&value, data, size);
      land(address, size, value);
    }
    line->dirty &= ~bytes;
  } else {
    line->dirty |= bytes;
  }
  line->pendingWave = line->pending && line->pendingWave != wave + 1 ? 0xFF : u8(wave + 1);
  line->pending |= bytes;
}

void Cache::beforeAtomic(Line* line, u64 address, unsigned size, bool systemScope) {
  if (!line) return;
  if (remote(*line->allocation) && !systemScope) tooNarrow(address, "atomic");
  const ByteMask bytes = byteMask(address & (LINE_BYTES - 1), size);
  if (line->dirty & bytes) {
    copyMasked(memory(line->id << LINE_SHIFT), line->data, line->dirty & bytes);
    line->dirty &= ~bytes;
    publish(*line);
  }
  line->valid &= ~bytes;
}

Line* Cache::known(u64 id) {
  for (u64 s = slotOf(id, mask); table[s]; s = (s + 1) & mask)
    if (table[s]->id == id) return table[s].get();
  return nullptr;
}

void Cache::publish(u64 id) {
  if (Line* line = known(id)) publish(*line);
}

void Cache::landed(const LineMark& mark) {
  Line* line = known(mark.line);
  if (!line) return;
  line->pending &= ~mark.bytes;
  if (mark.bytes & ~line->dirty) publish(*line);
}

void Cache::writeBack(bool systemScope) {
  for (auto& line : table) {
    if (!line || !line->dirty) continue;
    if (remote(*line->allocation) && !systemScope) continue;
    const ByteMask bytes = line->dirty & ~line->pending;
    copyMasked(memory(line->id << LINE_SHIFT), line->data, bytes);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    line->dirty &= ~bytes;
    publish(*line);
  }
}

void Cache::invalidate(bool systemScope) {
  epoch++;
  if (systemScope) remoteEpoch++;
}

std::vector<std::unique_ptr<Line>> Cache::takeHeld() {
  std::vector<std::unique_ptr<Line>> held;
  for (auto& line : table)
    if (line && line->held()) held.push_back(std::move(line));
  table.clear();
  table.resize(START_LINES);
  mask = START_LINES - 1;
  count = 0;
  return held;
}

void Cache::flush(const Owner* owner, Line& line) {
  if (line.allocation->live) copyMasked(memory(line.id << LINE_SHIFT), line.data, line.dirty);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  Directory::get().set(line.id, owner, 0);
}

void Cache::notReleased(u64 address, unsigned size, const Owner& other) {
  fault(FaultKind::MEMORY_ORDER,
        "read of 0x%llx (%u bytes), which work-group %u of %s on device %d stored and has not released "
        "(store waited for, buffer_wbl2 of wide enough scope, s_waitcnt vmcnt(0))",
        static_cast<unsigned long long>(address), size, other.group, other.kernel.c_str(), other.device);
}

void Cache::tooNarrow(u64 address, const char* what) {
  fault(FaultKind::MEMORY_ORDER, "%s of device scope (no sc0 sc1) on 0x%llx, which is memory of another device", what,
        static_cast<unsigned long long>(address));
}

}  // namespace emu
