#pragma once
// Which tile a block computes next: the first hook. Units of work are dealt out in order, cluster
// by cluster: the blocks of a cluster take neighbouring positions of the order and go through K in
// step. Where their tiles have the same columns, they load each a part of B for both.

#include "mma/shape.cuh"
#include "ptx/cluster.cuh"
#include "schedule/units.h"

namespace counterpoint {

// One block's part of a turn of its cluster.
struct Turn {
  Unit unit;         // a tile with no rows takes part in loading only
  bool sharesB;      // all blocks of the cluster have the same columns
  bool anyElements;  // of any block of the cluster
};

CP_DEVICE i32 positionCount(const TileGemmParams& p) {
  return p.positions != 0 ? p.positions : p.shards * p.tileRowsPerShard * p.tileColumns;
}

// The tile at a position; beyond the last, and where the order leaves a position empty, one with no
// rows. Tiles that wait for different words must not share a cluster, whose blocks go through K in
// step: the host leaves a position empty beside the one, and says by ~tile beside which, so that
// the pair has the same columns.
template <class Shape>
CP_DEVICE Tile tileAtPosition(const TileGemmParams& p, i32 position) {
  const Grid grid{p.rows, p.cols, p.rowsPerShard, p.tileRowsPerShard, p.tileColumns};
  const i32 last = positionCount(p) - 1;
  const i32 id = tileAt(p, minimum(position, last));
  Tile tile = tileOf(grid, Shape::kRows, Shape::kCols, id < 0 ? ~id : id);
  if (position > last || id < 0) {
    tile.rows = 0;
    tile.firstRow = p.rows;  // beyond A, where loads bring zeros and read nothing
  }
  return tile;
}

// Which part of K a turn multiplies. Nothing is divided where there is one.
CP_DEVICE i32 splitOf(const TileGemmParams& p, i32 index) {
  return p.splits == 1 ? 0 : index % p.splits;
}

template <class Shape>
CP_DEVICE Turn turnAt(const TileGemmParams& p, i32 index) {
  const i32 group = p.splits == 1 ? index : index / p.splits;
  const i32 split = index - group * p.splits;
  if constexpr (Shape::kCluster == 1) {
    const Tile tile = tileAtPosition<Shape>(p, group);
    return {{index, split, tile}, false, tile.rows > 0};
  } else {
    const i32 rank = static_cast<i32>(rankInCluster());
    const i32 position = group * 2 + rank;
    const Tile mine = tileAtPosition<Shape>(p, position);
    const Tile other = tileAtPosition<Shape>(p, position ^ 1);
    // Units are numbered by tiles, of which there may be fewer than positions.
    return {{mine.id * p.splits + split, split, mine},
            mine.firstCol == other.firstCol,
            mine.rows > 0 || other.rows > 0};
  }
}

// Whether every position has a tile with rows, which the last tile of the last shard tells. Then no
// turn need be computed to know that there is one: its divisions would come before the first load.
template <class Shape>
CP_DEVICE bool allHaveRows(const TileGemmParams& p) {
  const i64 firstRow = static_cast<i64>(p.shards - 1) * p.rowsPerShard +
                       static_cast<i64>(p.tileRowsPerShard - 1) * Shape::kRows;
  return p.positions == 0 && firstRow < p.rows;
}

// The cluster's first turn at or after `index` in which anyone has elements; negative at the end.
template <class Shape>
CP_DEVICE i32 nextTurn(const TileGemmParams& p, i32 index) {
  const i32 groups = (positionCount(p) + Shape::kCluster - 1) / Shape::kCluster;
  const i32 clusters = gridDim.x / Shape::kCluster;
  if (allHaveRows<Shape>(p)) {
    return index < groups * p.splits ? index : -1;
  }
#pragma unroll 1
  for (; index < groups * p.splits; index += clusters) {
    if (turnAt<Shape>(p, index).anyElements) {
      return index;
    }
  }
  return -1;
}

template <class Shape>
CP_DEVICE i32 firstTurn(const TileGemmParams& p) {
  return nextTurn<Shape>(p, blockIdx.x / Shape::kCluster);
}

template <class Shape>
CP_DEVICE i32 turnAfter(const TileGemmParams& p, i32 index) {
  return nextTurn<Shape>(p, index + gridDim.x / Shape::kCluster);
}

// The part of K that a split multiplies, in panels.
struct PanelRange {
  i32 first;
  i32 count;
};

template <class Shape>
CP_DEVICE PanelRange panelsOf(const TileGemmParams& p, i32 split) {
  const i32 panels = p.k / Shape::kPanelK + (p.k % Shape::kPanelK != 0);
  if (p.splits == 1) {
    return {0, panels};
  }
  const i32 first = static_cast<i32>(static_cast<i64>(panels) * split / p.splits);
  const i32 end = static_cast<i32>(static_cast<i64>(panels) * (split + 1) / p.splits);
  return {first, end - first};
}

}  // namespace counterpoint
