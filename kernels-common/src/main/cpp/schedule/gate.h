#pragma once
// The second hook: the words that a tile row waits for before its rows of A are read.

#include "schedule/units.h"
#include "signal/wait.h"

namespace counterpoint {

// By all threads of the block, true for all or none: whether the gate of the unit's tile row is
// open, asked by the first warp. Also a barrier.
CP_DEVICE bool gateIsOpen(const TileGemmParams& p, const Unit& unit) {
  bool open = true;
  if (p.gateWords != 0 && threadIndex() < kWarp) {
    const i32 count = tableEntry(p.gateCount, unit.tile.row);
    if (count > 0) {
      const i32 first = tableEntry(p.gateFirst, unit.tile.row);
      open = haveReached(p.gateWords, first, count, targetValue(p.gateTarget));
    }
  }
  return syncAll(open);
}

// The same, waiting. False: leave, the world has failed.
CP_DEVICE bool awaitGate(const TileGemmParams& p, const Unit& unit) {
  bool open = true;
  if (p.gateWords != 0 && threadIndex() < kWarp) {
    const i32 count = tableEntry(p.gateCount, unit.tile.row);
    if (count > 0) {
      const Wanted wanted{targetValue(p.gateTarget), 0, unit.tile.id, p.gateArray, kGate};
      const i32 first = tableEntry(p.gateFirst, unit.tile.row);
      open = awaitWords(p.operation, p.gateWords, first, count, wanted);
    }
  }
  return syncAll(open);
}

}  // namespace counterpoint
