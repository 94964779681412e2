#pragma once
// Which tile a block computes next: the first hook. Units of work are dealt out in order, block by
// block, so that tiles are begun in the order given and a block that waits holds up none that comes
// before.

#include "device/primitives.h"
#include "params/tile_gemm.h"
#include "schedule/tile.h"

namespace counterpoint {

// A tile, or one of several equal pieces of its K.
struct Unit {
  i32 index;
  i32 split;
  Tile tile;
};

// Down a few tile rows, then to the next column: blocks that run together share rows of A and
// columns of B in L2. `position` counts the tiles of `tileRows` rows of tiles.
CP_DEVICE i32 rasterTile(i32 position, i32 tileRows, i32 tileColumns, i32 rasterRows) {
  const i32 bandTiles = rasterRows * tileColumns;
  const i32 band = position / bandTiles;
  const i32 inBand = position - band * bandTiles;
  const i32 bandRows = minimum(rasterRows, tileRows - band * rasterRows);
  const i32 column = inBand / bandRows;
  return (band * rasterRows + inBand - column * bandRows) * tileColumns + column;
}

CP_DEVICE i32 tileAt(const TileGemmParams& p, i32 position) {
  if (p.orderBy == 2) {
    return tableEntry(p.order, position);
  }
  if (p.orderBy == 1) {
    const i32 perShard = p.tileRowsPerShard * p.tileColumns;
    const i32 turn = position / perShard;
    const i32 inShard =
        rasterTile(position - turn * perShard, p.tileRowsPerShard, p.tileColumns, p.rasterRows);
    return tableEntry(p.order, turn) * perShard + inShard;
  }
  return rasterTile(position, p.shards * p.tileRowsPerShard, p.tileColumns, p.rasterRows);
}

// The unit of an index. Cheap beside a tile, and cheaper than ten registers kept through a main
// loop.
CP_DEVICE Unit unitAt(const TileGemmParams& p, i32 tileRows, i32 tileCols, i32 index) {
  const Grid grid{
      p.rows, p.cols, p.rowsPerShard, forget(p.tileRowsPerShard), forget(p.tileColumns)};
  const i32 splits = forget(p.splits);
  const i32 position = index / splits;
  return {index, index - position * splits, tileOf(grid, tileRows, tileCols, tileAt(p, position))};
}

// This block's first unit at or after `index` whose tile has elements; negative at the end.
CP_DEVICE i32 nextIndex(const TileGemmParams& p, i32 tileRows, i32 tileCols, i32 index) {
  const i32 units = p.shards * p.tileRowsPerShard * p.tileColumns * p.splits;
#pragma unroll 1
  for (; index < units; index += blockCount()) {
    if (unitAt(p, tileRows, tileCols, index).tile.rows > 0) {
      return index;
    }
  }
  return -1;
}

}  // namespace counterpoint
