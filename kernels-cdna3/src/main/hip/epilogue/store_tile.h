#pragma once
// The way out: each wave lays a piece of its sums in LDS, then takes it up again by rows, so that
// global stores are runs of a row. Waves do not wait for each other.

#include "amdgcn/mma.h"
#include "epilogue/finish.h"
#include "mma/tile_shape.h"

namespace counterpoint {

template <class Shape>
struct Staging {
  static constexpr i32 kRows = Shape::kMma;
  // Columns at a time: 32 where the stage has room for all waves, else 16.
  static constexpr i32 kCols = Shape::kWarps * kRows * 32 * 4 <= Shape::kStageBytes ? 32 : 16;
  static constexpr i32 kPitch = kCols * 4;
  static constexpr i32 kWarpBytes = kRows * kPitch;
  static_assert(Shape::kWarps * kWarpBytes <= Shape::kStageBytes, "the epilogue works in one stage");
  static_assert(Shape::kWarpCols % kCols == 0, "columns come out even");
  static constexpr i32 kGroups = Shape::kWarpCols / kCols;

  // Where four columns of a row lie: permuted, so that neither way conflicts.
  static CP_DEVICE u32 offset(i32 row, i32 four) {
    return row * kPitch + ((four ^ (kCols == 32 ? row & 7 : row >> 1 & 3)) * 16);
  }
};

// Sums of kCols columns, the GROUP-th of the wave's rectangle. A lane's sums are of row lane % MMA,
// in fours: those of registers 4 · i to 4 · i + 3 are the columns of lane / MMA in the i-th group of
// 64 / MMA · 4.
template <class Shape, class Input, i32 GROUP, class Piece>
CP_DEVICE void stageSums(const Piece (&sums)[Shape::kRowPieces][Shape::kColPieces], u32 staging) {
  using Stage = Staging<Shape>;
  constexpr i32 kLanes = kWarp / Shape::kMma;
  constexpr i32 kFours = Stage::kCols / (kLanes * 4);
  constexpr i32 kFoursOfPiece = kSumsOf<Shape::kMma> / 4;
  const auto& row = sums[GROUP / Stage::kGroups];
#pragma unroll
  for (i32 i = 0; i < kFours; i++) {
    const i32 four = GROUP % Stage::kGroups * kFours + i;
    u32x4 words;
#pragma unroll
    for (i32 word = 0; word < 4; word++) {
      const auto sum = row[four / kFoursOfPiece][four % kFoursOfPiece * 4 + word];
      words[word] = __builtin_bit_cast(u32, sum * Input::kScale);
    }
    storeShared(staging + Stage::offset(laneIndex() % Shape::kMma,
                                        i * kLanes + laneIndex() / Shape::kMma),
                words);
  }
}

// The same for a group known at run time only, so that what follows is there once.
template <class Shape, class Input, i32 GROUP, class Piece>
CP_DEVICE void stageGroup(i32 group,
                          const Piece (&sums)[Shape::kRowPieces][Shape::kColPieces],
                          u32 staging) {
  if constexpr (GROUP >= 0) {
    if (group == GROUP) {
      stageSums<Shape, Input, GROUP>(sums, staging);
    } else {
      stageGroup<Shape, Input, GROUP - 1>(group, sums, staging);
    }
  }
}

// Finishes and stores staged rows that begin at (row, col) of the tile.
template <class Shape, class Sum>
CP_DEVICE void storeRows(const TileGemmParams& p,
                         const Tile& tile,
                         const Destination& to,
                         u32 staging,
                         i32 row,
                         i32 col) {
  using Stage = Staging<Shape>;
  constexpr i32 kGroups = Stage::kCols / kEight;
#pragma unroll 1
  for (i32 i = laneIndex(); i < Stage::kRows * kGroups; i += kWarp) {
    const i32 inRow = row + i / kGroups;
    const i32 inCol = col + i % kGroups * kEight;
    const i32 count = tile.cols - inCol;
    if (inRow >= tile.rows || count <= 0) {
      continue;
    }
    const u32x4 first = loadShared<u32x4>(staging + Stage::offset(i / kGroups, i % kGroups * 2));
    const u32x4 second =
        loadShared<u32x4>(staging + Stage::offset(i / kGroups, i % kGroups * 2 + 1));
    u32 v[kEight] = {
        first.x, first.y, first.z, first.w, second.x, second.y, second.z, second.w};
    if (to.finished) {
      finishEight<Sum>(p, v, Place{tile.firstRow + inRow, tile.firstCol + inCol, count});
    }
    storeEight(to.origin + (inRow * to.stride + inCol) * elementBytes(to.type),
               v,
               to.type,
               count,
               to.vector);
  }
}

// LDS serves one wave's accesses in order; only the compiler has to keep them so.
CP_DEVICE void syncWarp() {
  __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "wavefront");
}

// The whole tile, by all threads; `scratch` is one stage that nobody else uses.
template <class Shape, class Input, class Piece>
CP_DEVICE void storeTile(const TileGemmParams& p,
                         const Tile& tile,
                         const Destination& to,
                         const Piece (&sums)[Shape::kRowPieces][Shape::kColPieces],
                         u32 scratch) {
  using Stage = Staging<Shape>;
  constexpr i32 kAll = Shape::kRowPieces * Stage::kGroups;
  const u32 staging = scratch + warpIndex() * Stage::kWarpBytes;
#pragma unroll 1
  for (i32 group = 0; group < kAll; group++) {
    stageGroup<Shape, Input, kAll - 1>(group, sums, staging);
    syncWarp();
    storeRows<Shape, typename Input::Sum>(p,
                                          tile,
                                          to,
                                          staging,
                                          Shape::warpRow() + group / Stage::kGroups * Shape::kMma,
                                          Shape::warpCol() + group % Stage::kGroups * Stage::kCols);
    syncWarp();
  }
}

}  // namespace counterpoint
