// Where the lanes of a vector memory instruction point to.
#pragma once
#include "exec/workgroup.h"

namespace emu {

struct LaneAddresses {
  u64 at[LANES];
  u64 lanes = 0;       // that access memory
  u64 zero = 0;        // active, but outside their buffer: loads give 0, stores and atomics do nothing
  enum class Space : u8 { GLOBAL, LDS, SCRATCH } space = Space::GLOBAL;
  bool flat = false;
};

/// Addresses of a FLAT, GLOBAL, SCRATCH or MUBUF instruction for accesses of `bytes`.
LaneAddresses laneAddresses(Wave& w, const Instruction& i, unsigned bytes);

/// Loads and stores one lane through the work-group's cache, across line borders if need be.
class MemoryPort {
 public:
  MemoryPort(Wave& w, const Instruction& i) : wave(w), cache(*w.group->cache), scope{i.sc0, i.sc1} {}
  void load(u64 address, unsigned bytes, void* out);
  void store(u64 address, unsigned bytes, const void* data, Pending& entry);
  /// For an atomic: the address in this process's memory, all checks made.
  u8* exclusive(u64 address, unsigned bytes);

 private:
  Line* line(u64 address, unsigned bytes);
  bool storeLate(Line* line, u64 address, unsigned bytes, u64 data, Pending& entry);
  Wave& wave;
  Cache& cache;
  Scope scope;
  Line* current = nullptr;
  u64 currentId = ~0ull;
};

void checkAlignment(u64 address, unsigned bytes);

}  // namespace emu
