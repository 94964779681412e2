#include "memory/address_space.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "device/options.h"

namespace emu {
namespace {

constexpr u64 GRANULE = 1ull << PAGE_SHIFT;
constexpr u64 FILL_LIMIT = 256ull << 20;  // larger allocations stay zero: filling them would touch every page
constexpr unsigned MAX_ALLOCATIONS = 1u << 20;

void* reserve(u64 bytes) {
  void* at = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

void* sparse(u64 bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) std::abort();
  return at;
}

}  // namespace

AddressSpace& AddressSpace::get() {
  static AddressSpace* const space = new AddressSpace();  // never destroyed: worker threads outlive main
  return *space;
}

AddressSpace::AddressSpace() {
  devices = options().devices;
  slotSize = u64(options().memoryGib) << 30;
  slots.resize(unsigned(devices) + 2);
  windowSize = slotSize * slots.size();
  window = u64(reserve(windowSize));
  firstLine = window >> LINE_SHIFT;
  lines = windowSize >> LINE_SHIFT;
  pages = static_cast<u32*>(sparse((windowSize >> PAGE_SHIFT) * sizeof(u32)));
  counts = static_cast<std::atomic<u16>*>(sparse(lines * sizeof(u16)));
  table.resize(MAX_ALLOCATIONS);
  for (unsigned s = 0; s < slots.size(); s++) {
    slots[s].free[GRANULE] = slotSize - GRANULE;
    if (s + 1 == slots.size()) continue;  // imports bring their own files
    slots[s].file = memfd_create("hipemu", MFD_CLOEXEC);
    if (slots[s].file < 0 || ftruncate(slots[s].file, off_t(slotSize)) != 0) std::abort();
    mmap(reinterpret_cast<void*>(window + s * slotSize), slotSize, PROT_READ | PROT_WRITE,
         MAP_SHARED | MAP_FIXED | MAP_NORESERVE, slots[s].file, 0);
  }
}

bool AddressSpace::carve(Slot& slot, u64 bytes, u64& offset) {
  for (auto it = slot.free.begin(); it != slot.free.end(); ++it) {
    if (it->second < bytes) continue;
    offset = it->first;
    const u64 rest = it->second - bytes;
    slot.free.erase(it);
    if (rest) slot.free[offset + bytes] = rest;
    slot.used += bytes;
    return true;
  }
  return false;
}

void AddressSpace::giveBack(Slot& slot, u64 offset, u64 bytes) {
  slot.used -= bytes;
  auto next = slot.free.lower_bound(offset);
  if (next != slot.free.end() && offset + bytes == next->first) {
    bytes += next->second;
    next = slot.free.erase(next);
  }
  if (next != slot.free.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  slot.free[offset] = bytes;
}

void AddressSpace::map(Allocation* allocation, u32 index, u64 bytes) {
  table[index] = allocation;
  const u64 first = (allocation->base - window) >> PAGE_SHIFT;
  for (u64 p = 0; p < bytes >> PAGE_SHIFT; p++) pages[first + p] = index + 1;
}

Allocation* AddressSpace::allocate(int device, u64 size, MemoryKind kind, u32 flags, bool cached) {
  std::lock_guard<std::mutex> hold(lock);
  if (size > slotSize) return nullptr;
  // One page beyond the end stays unmapped, so that running over is noticed at any distance below a page.
  const u64 bytes = ((size + GRANULE - 1) & ~(GRANULE - 1)) + GRANULE;
  Slot& slot = slots[slotOf(device)];
  u64 offset;
  if (allocations.size() + 1 >= MAX_ALLOCATIONS || !carve(slot, bytes, offset)) return nullptr;
  auto owned = std::make_unique<Allocation>();
  Allocation* a = owned.get();
  a->base = window + slotOf(device) * slotSize + offset;
  a->size = size;
  a->device = device;
  a->kind = kind;
  a->flags = flags;
  a->cached = cached;
  const u32 index = u32(allocations.size());
  allocations.push_back(std::move(owned));
  map(a, index, bytes - GRANULE);
  if (options().fill && size <= FILL_LIMIT) std::memset(reinterpret_cast<void*>(a->base), 0xFB, size);
  return a;
}

bool AddressSpace::release(u64 base, MemoryKind kind) {
  if (base - window >= windowSize) return false;
  std::lock_guard<std::mutex> hold(lock);
  Allocation* a = find(base);
  if (!a || a->base != base || a->kind != kind) return false;
  a->live = false;
  const u64 bytes = (a->size + GRANULE - 1) & ~(GRANULE - 1);
  const unsigned s = slotOf(a->device);
  const u64 offset = base - window - s * slotSize;
  std::memset(&pages[(base - window) >> PAGE_SHIFT], 0, (bytes >> PAGE_SHIFT) * sizeof(u32));
  if (bytes) fallocate(slots[s].file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off_t(offset), off_t(bytes));
  giveBack(slots[s], offset, bytes + GRANULE);
  return true;
}

bool AddressSpace::registerHost(void* base, u64 size, u32 flags) {
  std::unique_lock<std::shared_mutex> hold(registeredLock);
  const u64 start = u64(base);
  auto next = registered.upper_bound(start);
  if (next != registered.end() && next->first < start + size) return false;
  if (next != registered.begin() && std::prev(next)->second->end() > start) return false;
  std::lock_guard<std::mutex> holdTable(lock);
  auto owned = std::make_unique<Allocation>();
  owned->base = start;
  owned->size = size;
  owned->kind = MemoryKind::REGISTERED;
  owned->flags = flags;
  owned->cached = false;
  registered[start] = owned.get();
  allocations.push_back(std::move(owned));
  return true;
}

bool AddressSpace::unregisterHost(void* base) {
  std::unique_lock<std::shared_mutex> hold(registeredLock);
  const auto it = registered.find(u64(base));
  if (it == registered.end()) return false;
  it->second->live = false;
  registered.erase(it);
  return true;
}

Allocation* AddressSpace::find(u64 address) {
  const u64 offset = address - window;
  if (offset < windowSize) {
    const u32 index = pages[offset >> PAGE_SHIFT];
    if (!index) return nullptr;
    Allocation* a = table[index - 1];
    return address < a->end() || (a->size == 0 && address == a->base) ? a : nullptr;
  }
  std::shared_lock<std::shared_mutex> hold(registeredLock);
  auto it = registered.upper_bound(address);
  if (it == registered.begin()) return nullptr;
  Allocation* a = std::prev(it)->second;
  return address < a->end() ? a : nullptr;
}

bool AddressSpace::exportMemory(u64 address, ExportedMemory& out) {
  Allocation* a = find(address);
  if (!a || a->kind != MemoryKind::DEVICE) return false;
  out.process = u32(getpid());
  out.file = slots[slotOf(a->device)].file;
  out.offset = a->base - window - slotOf(a->device) * slotSize;
  out.size = a->size;
  out.offsetInAllocation = address - a->base;
  out.device = a->device;
  out.flags = a->flags;
  return true;
}

Allocation* AddressSpace::import(const ExportedMemory& memory) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%u/fd/%d", memory.process, memory.file);
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  std::lock_guard<std::mutex> hold(lock);
  const unsigned s = unsigned(slots.size()) - 1;
  const u64 bytes = (memory.size + GRANULE - 1) & ~(GRANULE - 1);
  u64 offset;
  if (!carve(slots[s], bytes + GRANULE, offset)) {
    close(file);
    return nullptr;
  }
  const u64 base = window + s * slotSize + offset;
  void* at = mmap(reinterpret_cast<void*>(base), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                  off_t(memory.offset));
  close(file);
  if (at == MAP_FAILED) return nullptr;
  auto owned = std::make_unique<Allocation>();
  Allocation* a = owned.get();
  a->base = base;
  a->size = memory.size;
  a->device = memory.device;
  a->kind = MemoryKind::IMPORTED;
  a->flags = memory.flags;
  const u32 index = u32(allocations.size());
  allocations.push_back(std::move(owned));
  map(a, index, bytes);
  return a;
}

bool AddressSpace::closeImport(u64 base) {
  std::lock_guard<std::mutex> hold(lock);
  Allocation* a = find(base);
  if (!a || a->base != base || a->kind != MemoryKind::IMPORTED) return false;
  a->live = false;
  const unsigned s = unsigned(slots.size()) - 1;
  const u64 bytes = (a->size + GRANULE - 1) & ~(GRANULE - 1);
  std::memset(&pages[(base - window) >> PAGE_SHIFT], 0, (bytes >> PAGE_SHIFT) * sizeof(u32));
  mmap(reinterpret_cast<void*>(base), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  giveBack(slots[s], base - window - s * slotSize, bytes + GRANULE);
  return true;
}

}  // namespace emu
