#pragma once
// The warp that loads: waits for a tile row's gate, then keeps the ring of stages full. It runs as
// far ahead of those who multiply as the ring is long, also from one tile into the next.

#include "pipeline/shared_layout.cuh"
#include "ptx/fence.cuh"
#include "ptx/tma.cuh"
#include "schedule/turns.cuh"
#include "signal/wait.h"

namespace counterpoint {

// Spans are written as they happen, so that tracing costs no registers.
CP_DEVICE void traceTime(const TileGemmParams& p, i32 unit, i32 fieldOffset) {
  if (p.trace != 0) {
    storePlain<u64>(p.trace + unit * static_cast<i64>(sizeof(TileSpan)) + fieldOffset,
                    globalNanos());
  }
}

template <class Shape>
struct Loader {
  const TileGemmParams& p;
  u64 mapA;
  u64 mapB;
  SharedLayout<Shape> shared;
  RingPosition<Shape::kStages> at;

  CP_DEVICE static bool isLeader() { return threadIdx.x % kWarp == 0; }

  // Second hook, by the whole warp. When the wait expires, or the world fails meanwhile, the block
  // goes on without waiting and without storing: the other block of its cluster may depend on what
  // it loads, and the kernel is soon over.
  CP_DEVICE void passGate(const Unit& unit) {
    if (p.gateWords == 0 || unit.tile.rows <= 0 || loadShared(shared.failed()) != 0) {
      return;
    }
    const i32 count = tableEntry(p.gateCount, unit.tile.row);
    if (count <= 0) {
      return;
    }
    const Wanted wanted{targetValue(p.gateTarget), 0, unit.tile.id, p.gateArray, kGate};
    const i32 first = tableEntry(p.gateFirst, unit.tile.row);
    if (!awaitWords(p.operation, p.gateWords, first, count, wanted) && isLeader()) {
      storeShared(shared.failed(), 1);
    }
    // What the lanes acquired is ordered before the leader's requests, also at the copy engine.
    __syncwarp();
    fenceProxyAsync();
  }

  // Part `part` of a panel of B: what one block of the cluster loads when all share it. Along K,
  // these are some of the columns; across K, some of the k.
  template <bool TO_ALL>
  CP_DEVICE void loadPartOfB(const Tile& tile, i32 firstK, i32 part) const {
    constexpr u32 kEveryone = (1u << Shape::kCluster) - 1;
    const u32 full = shared.full(at.stage);
    const u32 b = shared.stageB(at.stage);
    const auto load = [&](u32 to, i32 inner, i32 outer) {
      if constexpr (TO_ALL) {
        loadBoxMulticast(to, mapB, inner, outer, full, kEveryone);
      } else {
        loadBox(to, mapB, inner, outer, full);
      }
    };
    if constexpr (Shape::kAcross) {
      constexpr i32 kDepth = Shape::kPanelK / Shape::kCluster;
#pragma unroll
      for (i32 box = 0; box < Shape::kBoxes; box++) {
        load(b + (box * Shape::kPanelK + part * kDepth) * kPanelBytes,
             tile.firstCol + box * 64,
             firstK + part * kDepth);
      }
    } else {
      constexpr i32 kCols = Shape::kCols / Shape::kCluster;
      load(b + part * kCols * kPanelBytes, firstK, tile.firstCol + part * kCols);
    }
  }

  // One stage, as soon as everybody in the cluster has read what it held.
  CP_DEVICE void loadPanel(const Turn& turn, i32 panel) {
    const Tile& tile = turn.unit.tile;
    const i32 firstK = panel * Shape::kPanelK;
    const u32 full = shared.full(at.stage);
    awaitEmpty();
    arriveExpecting(full, Shape::kLoadedBytes);
    loadBox(shared.stageA(at.stage), mapA, firstK, tile.firstRow, full);
    if constexpr (Shape::kCluster == 1) {
      loadPartOfB<false>(tile, firstK, 0);
    } else if (turn.sharesB) {
      loadPartOfB<true>(tile, firstK, static_cast<i32>(rankInCluster()));
    } else {
      loadPartOfB<false>(tile, firstK, 0);
      loadPartOfB<false>(tile, firstK, 1);
    }
    at.advance();
  }

  // The first time round, the phase before the first counts as complete.
  CP_DEVICE void awaitEmpty() const { awaitPhase(shared.empty(at.stage), at.parity ^ 1); }

  CP_DEVICE void run() {
    // Asked for at the start, looked at before the last panel of the first tile: everyone who waits
    // for that panel sees the mark. A word, since a flag made of it would be waited for here.
    u32 failedBefore = 0;
    if (isLeader() && p.operation.abort != 0) {
      failedBefore = loadRelaxedSystem(p.operation.abort);
    }
#pragma unroll 1
    for (i32 index = firstTurn<Shape>(p); index >= 0; index = turnAfter<Shape>(p, index)) {
      const Turn turn = turnAt<Shape>(p, index);
      if (isLeader() && turn.unit.tile.rows > 0) {
        traceTime(p, turn.unit.index, CP_OFFSET(TileSpan, waitNanos));
      }
      passGate(turn.unit);
      if (isLeader()) {
        if (turn.unit.tile.rows > 0) {
          traceTime(p, turn.unit.index, CP_OFFSET(TileSpan, startNanos));
        }
        const PanelRange panels = panelsOf<Shape>(p, turn.unit.split);
#pragma unroll 1
        for (i32 i = 0; i < panels.count; i++) {
          if (i == panels.count - 1 && failedBefore != 0) {
            storeShared(shared.failed(), 1);
          }
          loadPanel(turn, panels.first + i);
        }
      }
      __syncwarp();
    }
    // A block's shared memory must outlive what others do to it: all stages are given back, by both
    // blocks of a cluster, before this one may end.
    if (isLeader()) {
#pragma unroll 1
      for (i32 i = 0; i < Shape::kStages; i++) {
        awaitEmpty();
        at.advance();
      }
    }
  }
};

}  // namespace counterpoint
