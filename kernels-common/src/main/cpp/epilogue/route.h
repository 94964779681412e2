#pragma once
// The third hook: where a finished tile goes, and the permission to overwrite what is there.

#include "epilogue/elements.h"
#include "schedule/units.h"
#include "signal/wait.h"

namespace counterpoint {

// Element (0, 0) of the tile, and how to get from row to row.
struct Destination {
  u64 origin;
  i64 stride;
  i32 type;
  bool vector;    // every row begins at a multiple of sixteen bytes
  bool finished;  // elements of D; otherwise bare sums
};

template <class Shape>
CP_DEVICE Destination destinationOf(const TileGemmParams& p, const Tile& tile) {
  const i32 bytes = elementBytes(p.outputType);
  u64 matrix = p.d;
  i64 stride = p.dStride;
  i64 row = tile.firstRow;
  i64 col = tile.firstCol;
  if (p.owners != 0) {
    matrix = addressEntry(p.owners, tile.shard);
    stride = p.ownerStride;
    row = tile.rowInShard;
  } else if (p.packedSlots != 0) {
    constexpr i64 kBlock = static_cast<i64>(Shape::kRows) * Shape::kCols;
    matrix += tableEntry(p.packedSlots, tile.id) * kBlock * bytes;
    stride = Shape::kCols;
    row = 0;
    col = 0;
  }
  static_assert(Shape::kCols % kEight == 0, "a tile's first column keeps its matrix's alignment");
  return {matrix + (row * stride + col) * bytes,
          stride,
          p.outputType,
          isAligned(matrix, stride, bytes),
          true};
}

// By all threads. False: leave without storing anything.
CP_DEVICE bool awaitClearance(const TileGemmParams& p, const Tile& tile) {
  if (p.clearanceWords == 0) {
    return true;
  }
  bool clear = true;
  if (threadIndex() == 0) {
    const i64 word = tableEntry(p.clearanceIndex, tile.shard);
    const Wanted wanted{
        targetValue(p.clearanceTarget), word, tile.id, p.clearanceArray, kClearance};
    clear = awaitWord(p.operation, p.clearanceWords + word * sizeof(u64), wanted);
  }
  return syncAll(clear);
}

}  // namespace counterpoint
