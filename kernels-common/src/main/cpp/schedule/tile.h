#pragma once
// The numbering of tiles, as dev.counterpoint.spi.Tiling has it: shard, tile row within the shard,
// tile column, slowest first. A tile never straddles two shards.

#include "base/types.h"

namespace counterpoint {

struct Tile {
  i32 id;
  i32 row;  // tile row, over all shards
  i32 shard;
  i32 firstRow;    // in the whole output
  i32 rowInShard;  // of the first row
  i32 rows;        // 0 or less: empty
  i32 firstCol;
  i32 cols;
};

struct Grid {
  i32 rows;
  i32 cols;
  i32 rowsPerShard;
  i32 tileRowsPerShard;
  i32 tileColumns;
};

CP_DEVICE Tile tileOf(const Grid& grid, i32 tileRows, i32 tileCols, i32 id) {
  Tile tile;
  tile.id = id;
  tile.row = id / grid.tileColumns;
  tile.shard = tile.row / grid.tileRowsPerShard;
  tile.rowInShard = (tile.row - tile.shard * grid.tileRowsPerShard) * tileRows;
  const i64 shardStart = static_cast<i64>(tile.shard) * grid.rowsPerShard;
  const i64 shardEnd = minimum(shardStart + grid.rowsPerShard, static_cast<i64>(grid.rows));
  const i64 first = shardStart + tile.rowInShard;
  tile.firstRow = static_cast<i32>(minimum(first, static_cast<i64>(grid.rows)));
  tile.rows = static_cast<i32>(minimum(static_cast<i64>(tileRows), shardEnd - first));
  tile.firstCol = (id - tile.row * grid.tileColumns) * tileCols;
  tile.cols = minimum(tileCols, grid.cols - tile.firstCol);
  return tile;
}

}  // namespace counterpoint
