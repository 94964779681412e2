// A work-group that runs: its waves, LDS, cache and barrier.
#pragma once
#include <memory>
#include <vector>

#include "exec/wave.h"
#include "memory/lds.h"

namespace emu {

constexpr u64 SHARED_APERTURE = 0x0001000000000000ull;   // flat addresses of LDS
constexpr u64 PRIVATE_APERTURE = 0x0002000000000000ull;  // flat addresses of scratch

struct Dispatch;

struct WorkGroup {
  Dispatch* dispatch = nullptr;
  const CodeObject* program = nullptr;
  const Owner* owner = nullptr;
  u32 id[3] = {0, 0, 0};
  unsigned number = 0;     // linear, in dispatch order
  int device = 0;
  unsigned computeUnit = 0;
  std::unique_ptr<Lds> lds;
  std::unique_ptr<Cache> cache;
  std::vector<std::unique_ptr<Wave>> waves;
  unsigned atBarrier = 0, ended = 0;
  u64 random = 0;          // state of this group's chaos; 0 = none

  /// Runs every wave for a while; `running` is the one that runs, for messages. Returns false when all that are left
  /// only slept.
  bool step(const Wave*& running);
  u32 nextRandom();
  bool finished() const { return ended == waves.size(); }
  void releaseBarrier();
};

/// Runs one wave until it yields or has executed `budget` instructions; false when it executed none.
bool runWave(Wave& w, unsigned budget);

/// Where a wave is, for messages.
std::string describe(const Wave& w);

}  // namespace emu
