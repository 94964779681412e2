#pragma once
// The one GEMM on Hopper: blocks that stay, each with a warp that loads, two warpgroups that
// multiply and store, and clerks that ask for leave and raise signals on their behalf.
//
//   loader:    for each turn   pass the gate; for each panel: await empty → request boxes
//   team:      for each turn   for each panel: await full → products → give back; finish: store
//   clerk:     for each turn   await clearance → cleared; await stored → fence, post
//
// Read `tileGemm` at the end first, then the loops it starts.

#include "epilogue/store_sums.cuh"
#include "params/tile_gemm_maps.h"
#include "pipeline/loader.cuh"
#include "pipeline/multiplier.cuh"
#include "ptx/named_barrier.cuh"
#include "ptx/setmaxnreg.cuh"
#include "ptx/shared.cuh"

namespace counterpoint {

// Whether tiles need leave before they are stored, or someone is told after.
CP_DEVICE bool hasClerk(const TileGemmParams& p) {
  return p.clearanceWords != 0 || p.postIndex != 0;
}

// The turns of one team: all, or every second.
template <class Shape>
CP_DEVICE bool isTurnOf(i32 team, i32 turns) {
  return Shape::kTeams == 1 || turns % Shape::kTeams == team;
}

// ---- Clerk: one thread for each team ----

// Asks for permission to overwrite while the tile is still being multiplied, and waits for stores
// to complete while the next one is: neither holds up the tensor cores.
template <class Shape>
CP_DEVICE void runClerk(const TileGemmParams& p, const SharedLayout<Shape>& shared, i32 team) {
  u32 parity = 0;
  i32 turns = 0;
#pragma unroll 1
  for (i32 index = firstTurn<Shape>(p); index >= 0; index = turnAfter<Shape>(p, index), turns++) {
    const Unit unit = turnAt<Shape>(p, index).unit;
    const Tile& tile = unit.tile;
    if (!isTurnOf<Shape>(team, turns) || tile.rows <= 0) {
      continue;
    }
    if (p.clearanceWords != 0 && loadShared(shared.failed()) == 0) {
      const i64 word = tableEntry(p.clearanceIndex, tile.shard);
      const Wanted wanted{
          targetValue(p.clearanceTarget), word, tile.id, p.clearanceArray, kClearance};
      if (!awaitWord(p.operation, p.clearanceWords + word * sizeof(u64), wanted)) {
        storeShared(shared.failed(), 1);
      }
    }
    arrive(shared.cleared(team));
    awaitPhase(shared.stored(team), parity);
    parity ^= 1;
    // What all threads of the team stored is ordered by the barrier, and for everyone by postOne.
    const bool complete = p.splits == 1 || loadShared(shared.last(team)) != 0;
    if (p.postIndex != 0 && complete && loadShared(shared.failed()) == 0) {
      const i32 word = tableEntry(p.postIndex, tile.id);
      if (word >= 0) {
        postOne(addressEntry(p.postWords, tile.shard), word);
        traceTime(p, unit.index, CP_OFFSET(TileSpan, postedNanos));
      }
    }
  }
}

// ---- Teams: one or two warpgroups on a tile ----

template <class Shape>
struct Team {
  const TileGemmParams& p;
  SharedLayout<Shape> shared;
  i32 team;
  Multiplier<Shape> multiplier;
  u32 parity = 0;  // of `cleared`

  CP_DEVICE Team(const TileGemmParams& params, const SharedLayout<Shape>& layout)
      : p(params),
        shared(layout),
        team(Shape::kTurns ? groupOfThread() : 0),
        multiplier{layout, Shape::kTurns ? 0 : groupOfThread(), team, {}} {}

  CP_DEVICE i32 threadInTeam() const {
    return static_cast<i32>(threadIdx.x) - kWarpgroup * (1 + team * Shape::kTeam);
  }
  CP_DEVICE void sync() const { syncThreads(1 + team, Shape::kTeamThreads); }
  CP_DEVICE bool mayStore() const { return loadShared(shared.failed()) == 0; }

  // Split K: leaves the sums for whoever is last; true for that team, whose sums are now all of
  // them.
  CP_DEVICE bool joinSplits(const Tile& tile, i32 split, typename Shape::Sums& sums) const {
    storePartial<Shape>(partialOf<Shape>(p, tile.id, split, threadInTeam()), sums);
    sync();
    if (threadInTeam() == 0) {
      const bool last = mayStore() && arriveLast(p.arrivals + tile.id * 4ll, p.splits);
      storeShared(shared.last(team), last);
    }
    sync();
    if (loadShared(shared.last(team)) == 0) {
      return false;
    }
    clearSums<Shape>(sums);
#pragma unroll 1
    for (i32 i = 0; i < p.splits; i++) {
      addPartial<Shape>(partialOf<Shape>(p, tile.id, i, threadInTeam()), sums);
    }
    return true;
  }

  CP_DEVICE void finish(const Unit& unit, typename Shape::Sums& sums) {
    // Leave comes only after the clerk is done with the tile before, words in shared memory
    // included.
    if (hasClerk(p)) {
      awaitPhase(shared.cleared(team), parity);
      parity ^= 1;
    }
    const bool complete = p.splits == 1 || joinSplits(unit.tile, unit.split, sums);
    const i32 warp = static_cast<i32>(threadIdx.x) / kWarp - 4;
    if (complete && mayStore()) {
      storeSums<Shape>(p, unit.tile, sums, shared.patch(warp), multiplier.member, warp % 4);
    }
    if (hasClerk(p)) {
      __syncwarp();
      if (threadIdx.x % kWarp == 0) {
        arrive(shared.stored(team));
      }
    }
  }

  // Both compute the unit once more, which is cheaper than holding it through the stores.
  CP_DEVICE void traceComputed(i32 index) const {
    if (p.trace == 0 || threadInTeam() != 0) {
      return;
    }
    const Unit unit = turnAt<Shape>(p, forget(index)).unit;
    if (unit.tile.rows > 0) {
      traceTime(p, unit.index, CP_OFFSET(TileSpan, computedNanos));
    }
  }

  CP_DEVICE void traceEnd(i32 index) const {
    if (p.trace == 0 || threadInTeam() != 0) {
      return;
    }
    const Unit unit = turnAt<Shape>(p, forget(index)).unit;
    traceTime(p, unit.index, CP_OFFSET(TileSpan, endNanos));
    auto* span = reinterpret_cast<TileSpan*>(p.trace) + unit.index;
    span->tile = unit.tile.id;
    span->multiprocessor = static_cast<i32>(multiprocessor());
  }

  CP_DEVICE void run() {
    i32 turns = 0;
#pragma unroll 1
    for (i32 index = firstTurn<Shape>(p); index >= 0; index = turnAfter<Shape>(p, index), turns++) {
      const i32 panels = panelsOf<Shape>(p, index % p.splits).count;
      if (!isTurnOf<Shape>(team, turns)) {
        multiplier.at.advance(panels);
        continue;
      }
      typename Shape::Sums sums = {};
      multiplier.multiply(sums, panels);
      traceComputed(index);
      const Unit unit = turnAt<Shape>(p, forget(index)).unit;
      if (unit.tile.rows > 0) {
        finish(unit, sums);
        traceEnd(index);
      }
    }
  }
};

// ---- The kernel ----

// By one thread of each block, before anyone uses them.
template <class Shape>
CP_DEVICE void initShared(const SharedLayout<Shape>& shared) {
  constexpr i32 kTeamWarps = Shape::kTeam * 4;
  for (i32 stage = 0; stage < Shape::kStages; stage++) {
    initBarrier(shared.full(stage), 1);
    initBarrier(shared.empty(stage), kTeamWarps * Shape::kCluster);
  }
  for (i32 team = 0; team < Shape::kTeams; team++) {
    initBarrier(shared.cleared(team), 1);
    initBarrier(shared.stored(team), kTeamWarps);
    initBarrier(shared.turn(team), kTeamWarps);
  }
  storeShared(shared.failed(), 0);
  fenceBarrierInit();
  fenceProxyAsync();
}

template <class Shape>
CP_DEVICE void tileGemm(const TileGemmParams& p, const TileGemmMaps& maps) {
  const SharedLayout<Shape> shared{dynamicShared()};
  if (threadIdx.x == 0) {
    initShared(shared);
  }
  if constexpr (Shape::kCluster > 1) {
    syncCluster();
  } else {
    __syncthreads();
  }

  // 384 threads begin with 168 registers each; 56 for those who load are 224 for those who
  // multiply.
  if (threadIdx.x < kWarpgroup) {
    keepRegisters<56>();
    const i32 warp = static_cast<i32>(threadIdx.x) / kWarp;
    if (warp == 0) {
      Loader<Shape>{p, reinterpret_cast<u64>(&maps.a), reinterpret_cast<u64>(&maps.b), shared, {}}
          .run();
    } else if (warp <= Shape::kTeams && threadIdx.x % kWarp == 0 && hasClerk(p)) {
      runClerk<Shape>(p, shared, warp - 1);
    }
  } else {
    takeRegisters<224>();
    Team<Shape>(p, shared).run();
  }
}

}  // namespace counterpoint
