#pragma once
// When several blocks share one tile's K: each leaves its sums in row-major order, the last to
// arrive adds them up in the order of K, whoever it is. Nobody waits, and the result does not
// depend on timing.

#include "epilogue/finish.h"
#include "signal/post.h"

namespace counterpoint {

template <class Shape, class Sum>
CP_DEVICE Destination partialOf(const TileGemmParams& p, i32 tile, i32 split) {
  constexpr i64 kBytes = static_cast<i64>(Shape::kRows) * Shape::kCols * 4;
  return {p.partials + (static_cast<i64>(tile) * p.splits + split) * kBytes,
          Shape::kCols,
          kIsFloat<Sum> ? kFp32 : kInt32,
          true,
          false};
}

// By all threads, once this block's sums are stored; true in the block that is the last.
CP_DEVICE bool isLastSplit(const TileGemmParams& p, const Tile& tile) {
  syncBeforeArrival();
  const bool last = threadIndex() == 0 && arriveLast(p.arrivals + tile.id * 4ll, p.splits);
  return syncAny(last);
}

// Adds up, finishes and stores the whole tile, by all threads.
template <class Shape, class Sum>
CP_DEVICE void storeSumOfSplits(const TileGemmParams& p, const Tile& tile, const Destination& to) {
  constexpr i32 kGroups = Shape::kCols / kEight;
#pragma unroll 1
  for (i32 i = threadIndex(); i < Shape::kRows * kGroups; i += Shape::kThreads) {
    const i32 row = i / kGroups;
    const i32 col = i % kGroups * kEight;
    const i32 count = tile.cols - col;
    if (row >= tile.rows || count <= 0) {
      continue;
    }
    u32 v[kEight] = {};
#pragma unroll 4
    for (i32 split = 0; split < p.splits; split++) {
      const Destination partial = partialOf<Shape, Sum>(p, tile.id, split);
      u32 part[kEight];
      loadEight(part, partial.origin + (row * Shape::kCols + col) * 4ll, kFp32, kEight, true);
#pragma unroll
      for (i32 e = 0; e < kEight; e++) {
        v[e] = kIsFloat<Sum> ? bitsOf(floatOf(v[e]) + floatOf(part[e]))
                             : v[e] + part[e];
      }
    }
    finishEight<Sum>(p, v, Place{tile.firstRow + row, tile.firstCol + col, count});
    storeEight(
        to.origin + (row * to.stride + col) * elementBytes(to.type), v, to.type, count, to.vector);
  }
}

}  // namespace counterpoint
