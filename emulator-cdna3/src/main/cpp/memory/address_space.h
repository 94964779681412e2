// The addresses that devices see: one window of virtual memory, a slot per device, one for pinned host memory and one
// for memory of other processes; plus ranges of the process's own memory that were registered.
#pragma once
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "decode/instruction.h"

namespace emu {

constexpr unsigned LINE_SHIFT = 7, LINE_BYTES = 1u << LINE_SHIFT;
constexpr unsigned PAGE_SHIFT = 12;

enum class MemoryKind : u8 { DEVICE, HOST, REGISTERED, IMPORTED };

struct Allocation {
  u64 base = 0, size = 0;
  int device = -1;           // owner; -1 for host memory
  MemoryKind kind = MemoryKind::DEVICE;
  u32 flags = 0;             // as given by the caller
  bool cached = true;        // devices cache it; host memory and uncached device memory go straight through
  bool live = true;
  u64 end() const { return base + size; }
};

/// Where another process can find an allocation.
struct ExportedMemory {
  u32 process = 0;
  i32 file = -1;
  u64 offset = 0, size = 0, offsetInAllocation = 0;
  i32 device = -1;
  u32 flags = 0;
};

class AddressSpace {
 public:
  static AddressSpace& get();

  /// Memory in a device's slot, or in the host's (device −1). Returns null when the slot is full.
  Allocation* allocate(int device, u64 size, MemoryKind kind, u32 flags, bool cached);
  /// Frees by base address; false when there is no such allocation of one of these kinds.
  bool release(u64 base, MemoryKind kind);
  bool registerHost(void* base, u64 size, u32 flags);
  bool unregisterHost(void* base);

  /// The live allocation that holds an address, or null.
  Allocation* find(u64 address);

  bool exportMemory(u64 address, ExportedMemory& out);
  Allocation* import(const ExportedMemory& memory);
  bool closeImport(u64 base);

  /// How many owners have unreleased bytes in a line of the window; see Directory.
  std::atomic<u16>* lineCount(u64 line) {
    const u64 index = line - firstLine;
    return index < lines ? &counts[index] : nullptr;
  }
  u64 slotBytes() const { return slotSize; }
  u64 used(int device) const { return slots[slotOf(device)].used; }
  int deviceSlots() const { return devices; }

 private:
  AddressSpace();
  struct Slot {
    int file = -1;
    std::map<u64, u64> free;  // offset → size
    u64 used = 0;
  };
  unsigned slotOf(int device) const { return device < 0 ? unsigned(devices) : unsigned(device); }
  bool carve(Slot& slot, u64 bytes, u64& offset);
  void giveBack(Slot& slot, u64 offset, u64 bytes);
  void map(Allocation* allocation, u32 index, u64 bytes);

  int devices;
  u64 slotSize, window = 0, windowSize = 0, firstLine = 0, lines = 0;
  std::vector<Slot> slots;
  u32* pages = nullptr;  // allocation index + 1 per page
  std::atomic<u16>* counts = nullptr;
  std::vector<std::unique_ptr<Allocation>> allocations;
  std::vector<Allocation*> table;  // by index, capacity reserved: readers hold no lock
  std::map<u64, Allocation*> registered;
  std::shared_mutex registeredLock;
  std::mutex lock;
};

}  // namespace emu
