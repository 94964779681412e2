#pragma once
// The one GEMM on Hopper: blocks that stay, each with a warp that loads, two warpgroups that
// multiply and store, and clerks that ask for leave and raise signals on their behalf.
//
//   loader:    for each turn   pass the gate; for each panel: await empty → request boxes
//   team:      for each turn   for each panel: await full → products → give back; finish: store
//   clerk:     for each turn   await clearance → cleared; await stored → fence, post
//
// Where tiles leave through outboxes, the clerk is a warp, and stores:
//
//   team:      …               finish: await a free box → fill it
//   clerk:     for each turn   await clearance; await filled → bulk stores → free; await them; post
//
// Read `tileGemm` at the end first, then the loops it starts.

#include "epilogue/outbox.cuh"
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

// Named barriers: 1 and 2 are the teams'; at these a warpgroup tells the clerk that its outbox is
// full, and the clerk waits.
CP_DEVICE i32 boxFilled(i32 member) {
  return 1 + kGroups + member;
}

// ---- Clerks ----

// Asks for permission to overwrite while the tile is still being multiplied. By one thread.
template <class Shape>
CP_DEVICE void awaitLeave(const TileGemmParams& p,
                          const SharedLayout<Shape>& shared,
                          const Tile& tile) {
  if (p.clearanceWords == 0 || loadShared(shared.failed()) != 0) {
    return;
  }
  const i64 word = tableEntry(p.clearanceIndex, tile.shard);
  const Wanted wanted{targetValue(p.clearanceTarget), word, tile.id, p.clearanceArray, kClearance};
  if (!awaitWord(p.operation, p.clearanceWords + word * sizeof(u64), wanted)) {
    storeShared(shared.failed(), 1);
  }
}

// Tells whoever waits for this tile, if anyone. By one thread, which has seen all of it stored.
CP_DEVICE void tell(const TileGemmParams& p, const Unit& unit) {
  const i32 word = tableEntry(p.postIndex, unit.tile.id);
  if (word >= 0) {
    postOne(addressEntry(p.postWords, unit.tile.shard), word);
    traceTime(p, unit.index, CP_OFFSET(TileSpan, postedNanos));
  }
}

// By one thread, where there is a trace.
CP_DEVICE void traceEnd(const TileGemmParams& p, const Unit& unit) {
  traceTime(p, unit.index, CP_OFFSET(TileSpan, endNanos));
  auto* span = reinterpret_cast<TileSpan*>(p.trace) + unit.index;
  span->tile = unit.tile.id;
  span->multiprocessor = static_cast<i32>(multiprocessor());
}

// One thread for each team that stores by itself. It waits for leave while the tile is being
// multiplied, and for the stores while the next one is: neither holds up the tensor cores.
template <class Shape>
CP_DEVICE void runClerk(const TileGemmParams& p, const SharedLayout<Shape>& shared, i32 team) {
  u32 parity = 0;
  i32 turns = 0;
#pragma unroll 1
  for (i32 index = firstTurn<Shape>(p); index >= 0; index = turnAfter<Shape>(p, index), turns++) {
    const Unit unit = turnAt<Shape>(p, index).unit;
    if (!isTurnOf<Shape>(team, turns) || unit.tile.rows <= 0) {
      continue;
    }
    awaitLeave(p, shared, unit.tile);
    arrive(shared.cleared(team));
    awaitPhase(shared.stored(team), parity);
    parity ^= 1;
    // What all threads of the team stored is ordered by the barrier, and for everyone by postOne.
    const bool complete = p.splits == 1 || loadShared(shared.last(team, turns)) != 0;
    if (p.postIndex != 0 && complete && loadShared(shared.failed()) == 0) {
      tell(p, unit);
    }
  }
}

// A warp that has the copy engine empty the outboxes, and waits for it.
template <class Shape>
CP_DEVICE void runOutboxClerk(const TileGemmParams& p, const SharedLayout<Shape>& shared) {
  using Box = Outbox<Shape>;
  const bool leader = threadIdx.x % kWarp == 0;
  i32 turns = 0;
#pragma unroll 1
  for (i32 index = firstTurn<Shape>(p); index >= 0; index = turnAfter<Shape>(p, index), turns++) {
    const Tile tile = turnAt<Shape>(p, index).unit.tile;
    if (leader && tile.rows > 0) {
      awaitLeave(p, shared, tile);
    }
    // What the leader acquired is ordered before every lane's requests, also at the copy engine.
    __syncwarp();
    fenceProxyAsync();
    const Destination to = destinationOf<Shape>(p, tile);
    bool stores = false;
#pragma unroll 1
    for (i32 pass = 0; pass < Box::passes(to.type); pass++) {
#pragma unroll 1
      for (i32 member = 0; member < Shape::kTeam; member++) {
        syncThreads(boxFilled(member), kWarpgroup + kWarp);
        if (pass == 0 && member == 0) {
          const bool complete = p.splits == 1 || loadShared(shared.last(0, turns)) != 0;
          stores = tile.rows > 0 && complete && loadShared(shared.failed()) == 0;
        }
        if (stores) {
          Box::store(tile, to, shared.outbox(member), member * Shape::kShare, pass);
          commitStores();
          awaitStoresRead();
        }
        arrive(shared.boxFree(member));
      }
    }
    if (leader && tile.rows > 0 && p.trace != 0) {
      traceEnd(p, turnAt<Shape>(p, forget(index)).unit);
    }
    if (stores && p.postIndex != 0) {
      // What each lane had stored is complete, and ordered before the leader's release.
      awaitStores();
      fenceProxyAsync();
      __syncwarp();
      if (leader) {
        tell(p, turnAt<Shape>(p, forget(index)).unit);
      }
    }
  }
}

// ---- Teams: one or two warpgroups on a tile ----

template <class Shape>
struct Team {
  using Sum = typename Shape::Sum;
  using Sums = typename Shape::Sums;
  const TileGemmParams& p;
  SharedLayout<Shape> shared;
  i32 team;
  Multiplier<Shape> multiplier;
  u32 parity = 0;  // of `cleared`, or of `boxFree`

  CP_DEVICE Team(const TileGemmParams& params, const SharedLayout<Shape>& layout)
      : p(params),
        shared(layout),
        team(Shape::kTurns ? groupOfThread() : 0),
        multiplier{layout, team, {}} {}

  CP_DEVICE i32 threadInTeam() const {
    return static_cast<i32>(threadIdx.x) - kWarpgroup * (1 + team * Shape::kTeam);
  }
  CP_DEVICE static i32 member() { return Multiplier<Shape>::placeInTeam(); }
  CP_DEVICE void sync() const { syncThreads(1 + team, Shape::kTeamThreads); }
  CP_DEVICE bool mayStore() const { return loadShared(shared.failed()) == 0; }

  // Split K: leaves the sums for whoever is last; true for that team, whose sums are now all of
  // them.
  CP_DEVICE bool joinSplits(const Unit& unit, i32 turns, Sums& sums) const {
    const i32 tile = unit.tile.id;
    storePartial<Shape>(partialOf<Shape>(p, tile, unit.split, threadInTeam()), sums);
    sync();
    if (threadInTeam() == 0) {
      const bool last = mayStore() && arriveLastSplit(p.arrivals + tile * 4ll, p.splits);
      storeShared(shared.last(team, turns), last);
    }
    sync();
    if (loadShared(shared.last(team, turns)) == 0) {
      return false;
    }
    clearSums<Shape>(sums);
#pragma unroll 1
    for (i32 i = 0; i < p.splits; i++) {
      addPartial<Shape>(partialOf<Shape>(p, tile, i, threadInTeam()), sums);
    }
    return true;
  }

  CP_DEVICE void finish(const Unit& unit, i32 turns, Sums& sums) {
    // Leave comes only after the clerk is done with the tile before.
    if (hasClerk(p)) {
      awaitPhase(shared.cleared(team), parity);
      parity ^= 1;
    }
    const bool complete = p.splits == 1 || joinSplits(unit, turns, sums);
    const i32 warp = static_cast<i32>(threadIdx.x) / kWarp - 4;
    if (complete && mayStore()) {
      storeSums<Shape>(p, unit.tile, sums, shared.patch(warp), member(), warp % 4);
    }
    if (hasClerk(p)) {
      __syncwarp();
      if (threadIdx.x % kWarp == 0) {
        arrive(shared.stored(team));
      }
    }
  }

  // ---- Through outboxes ----

  // The first time, it is free.
  CP_DEVICE void awaitBox() {
    awaitPhase(shared.boxFree(member()), parity ^ 1);
    parity ^= 1;
  }

  CP_DEVICE void handOver() const {
    fenceSharedProxyAsync();
    arriveThreads(boxFilled(member()), kWarpgroup + kWarp);
  }

  // Whose tile it is matters only where there is more to do than to convert it.
  CP_DEVICE void leave(i32 index, i32 turns, Sums& sums) {
    using Box = Outbox<Shape>;
    const u32 box = shared.outbox(member());
    const bool plain = kIsFloat<Sum> && isPlain(p);
    Unit unit{};
    bool complete = true;
    if (!plain || p.splits > 1) {
      unit = turnAt<Shape>(p, forget(index)).unit;
      complete = unit.tile.rows > 0 && (p.splits == 1 || joinSplits(unit, turns, sums));
    }
    if (plain) {
      awaitBox();
      if (complete) {
        Box::fillPlain(box, sums, p.alpha, p.outputType);
      }
      handOver();
      return;
    }
#pragma unroll 1
    for (i32 pass = 0; pass < Box::passes(p.outputType); pass++) {
      awaitBox();
      if (complete) {
        Box::fillFinished(p, unit.tile, box, sums, member() * Shape::kShare, pass);
      }
      handOver();
    }
  }

  // Computes the unit once more, which is cheaper than holding it through the stores.
  CP_DEVICE void traceComputed(i32 index) const {
    if (p.trace == 0 || threadInTeam() != 0) {
      return;
    }
    const Unit unit = turnAt<Shape>(p, forget(index)).unit;
    if (unit.tile.rows > 0) {
      traceTime(p, unit.index, CP_OFFSET(TileSpan, computedNanos));
    }
  }

  CP_DEVICE void run() {
    i32 turns = 0;
#pragma unroll 1
    for (i32 index = firstTurn<Shape>(p); index >= 0; index = turnAfter<Shape>(p, index), turns++) {
      const i32 panels = panelsOf<Shape>(p, splitOf(p, index)).count;
      if (!isTurnOf<Shape>(team, turns)) {
        multiplier.at.advance(panels);
        continue;
      }
      Sums sums = {};
      if constexpr (Shape::Input::kTwoLevels) {
        multiplier.multiplyTwoLevels(p, index, sums);
      } else {
        multiplier.multiply(sums, panels);
      }
      traceComputed(index);
      if constexpr (Shape::kOutboxes > 0) {
        leave(index, turns, sums);
      } else {
        const Unit unit = turnAt<Shape>(p, forget(index)).unit;
        if (unit.tile.rows > 0) {
          finish(unit, turns, sums);
          if (p.trace != 0 && threadInTeam() == 0) {
            traceEnd(p, turnAt<Shape>(p, forget(index)).unit);
          }
        }
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
  }
  for (i32 group = 0; group < kGroups; group++) {
    initBarrier(shared.turn(group), kWarpgroup / kWarp);
  }
  for (i32 member = 0; Shape::kOutboxes > 0 && member < Shape::kTeam; member++) {
    initBarrier(shared.boxFree(member), kWarp);
  }
  storeShared(shared.failed(), 0);
  fenceBarrierInit();
  fenceProxyAsync();
}

template <class Shape>
CP_DEVICE void tileGemm(const TileGemmParams& p, const TileGemmMaps& maps) {
  const SharedLayout<Shape> shared{dynamicShared()};
  if (threadIdx.x == 0) {
    prefetchTensorMap(reinterpret_cast<u64>(&maps.a));
    prefetchTensorMap(reinterpret_cast<u64>(&maps.b));
  } else if (threadIdx.x == kWarp) {
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
    } else if constexpr (Shape::kOutboxes > 0) {
      if (warp == 1) {
        runOutboxClerk<Shape>(p, shared);
      }
    } else if (warp <= Shape::kTeams && threadIdx.x % kWarp == 0 && hasClerk(p)) {
      runClerk<Shape>(p, shared, warp - 1);
    }
  } else {
    takeRegisters<224>();
    Team<Shape>(p, shared).run();
  }
}

}  // namespace counterpoint
