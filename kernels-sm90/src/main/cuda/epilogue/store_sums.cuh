#pragma once
// One warpgroup's sums, all the way to their destination; and, with split K, to and from the
// partial sums of a tile.

#include "epilogue/patch.cuh"
#include "signal/post.h"

namespace counterpoint {

// Sixteen rows of the output at a time, 64 columns at a time.
template <class Shape>
CP_DEVICE void storeByRows(const TileGemmParams& p,
                           const Tile& tile,
                           const Destination& to,
                           const typename Shape::Sums& sums,
                           u32 patch,
                           i32 firstRow) {
  using Sum = typename Shape::Sum;
  const bool plain = kIsFloat<Sum> && isPlain(p);
#pragma unroll
  for (i32 piece = 0; piece < Shape::kPieces; piece++) {
    const i32 row = firstRow + piece * kPiece;
#pragma unroll
    for (i32 col = 0; col < Shape::kCols; col += 64) {
      const Sum* r = &sums[piece][col / Shape::kN][col % Shape::kN / 2];
      if (plain) {
        PlainPatch::fill(patch, r, p.alpha, p.outputType);
        __syncwarp();
        PlainPatch::store(tile, to, patch, row, col);
        __syncwarp();
      } else {
#pragma unroll
        for (i32 half = 0; half < 2; half++) {
          SumPatch::fill(patch, r, half);
          __syncwarp();
          SumPatch::store<Sum>(p, tile, to, patch, row + 8 * half, col);
          __syncwarp();
        }
      }
    }
  }
}

// Sixteen columns of the output at a time, sixteen rows at a time.
template <class Shape>
CP_DEVICE void storeByCols(const TileGemmParams& p,
                           const Tile& tile,
                           const Destination& to,
                           const typename Shape::Sums& sums,
                           u32 patch,
                           i32 firstCol) {
  using Sum = typename Shape::Sum;
#pragma unroll
  for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
    for (i32 row = 0; row < Shape::kRows; row += 16) {
      TurnedPatch::fill(patch, &sums[piece][0][row / 2]);
      __syncwarp();
      TurnedPatch::store<Sum>(p, tile, to, patch, row, firstCol + piece * kPiece);
      __syncwarp();
    }
  }
}

// By every warp of a team. `member` is the warpgroup's place in the team, `warp` the warp's in the
// warpgroup.
template <class Shape>
CP_DEVICE void storeSums(const TileGemmParams& p,
                         const Tile& tile,
                         const typename Shape::Sums& sums,
                         u32 patch,
                         i32 member,
                         i32 warp) {
  const Destination to = destinationOf<Shape>(p, tile);
  const i32 first = member * Shape::kPieces * kPiece + warp * 16;
  if constexpr (Shape::kSwapped) {
    storeByCols<Shape>(p, tile, to, sums, patch, first);
  } else {
    storeByRows<Shape>(p, tile, to, sums, patch, first);
  }
}

// ---- Split K ----
//
// Each block leaves its sums as its registers hold them, sixteen bytes of a thread beside those of
// the next; the last to arrive adds them up in the order of K, whoever it is. Nobody waits, and the
// result does not depend on timing.

// By one thread of the team, after its barrier: whether this split is the last, and so sees what
// all have left. Only blocks of this device take part, and a fence for others costs a microsecond;
// a signal that follows brings its own. The counter is 0 again afterwards, for the next launch.
CP_DEVICE bool arriveLastSplit(u64 counter, i32 splits) {
  const bool last = addAcquireReleaseDevice(counter, 1) == static_cast<u32>(splits) - 1;
  if (last) {
    storePlain<u32>(counter, 0);
  }
  return last;
}

template <class Shape>
CP_DEVICE u64 partialOf(const TileGemmParams& p, i32 tile, i32 split, i32 thread) {
  constexpr i64 kBytes = static_cast<i64>(Shape::kRows) * Shape::kCols * 4;
  static_assert(Shape::kSums * Shape::kTeamThreads * 4 == kBytes, "a team holds the whole tile");
  return p.partials + (static_cast<i64>(tile) * p.splits + split) * kBytes + thread * 16;
}

// Calls with the offset from partialOf, and the place, of every four registers.
template <class Shape, class Body>
CP_DEVICE void forEachFour(const Body& body) {
#pragma unroll
  for (i32 i = 0; i < Shape::kSums; i += 4) {
    const i32 each = i / Shape::kSumsEach;
    body(i / 4 * Shape::kTeamThreads * 16,
         each / Shape::kParts,
         each % Shape::kParts,
         i % Shape::kSumsEach);
  }
}

template <class Shape>
CP_DEVICE void clearSums(typename Shape::Sums& sums) {
  forEachFour<Shape>([&](i32, i32 piece, i32 part, i32 i) {
#pragma unroll
    for (i32 e = 0; e < 4; e++) {
      sums[piece][part][i + e] = 0;
    }
  });
}

template <class Shape>
CP_DEVICE void storePartial(u64 partial, const typename Shape::Sums& sums) {
  forEachFour<Shape>([&](i32 offset, i32 piece, i32 part, i32 i) {
    const auto* r = &sums[piece][part][i];
    storeVector(partial + offset,
                Vector16{{bitsOf(r[0]), bitsOf(r[1]), bitsOf(r[2]), bitsOf(r[3])}});
  });
}

template <class Shape>
CP_DEVICE void addPartial(u64 partial, typename Shape::Sums& sums) {
  using Sum = typename Shape::Sum;
  forEachFour<Shape>([&](i32 offset, i32 piece, i32 part, i32 i) {
    const Vector16 v = loadVector(partial + offset);
#pragma unroll
    for (i32 e = 0; e < 4; e++) {
      if constexpr (kIsFloat<Sum>) {
        sums[piece][part][i + e] += floatOf(v.word[e]);
      } else {
        sums[piece][part][i + e] += static_cast<Sum>(v.word[e]);
      }
    }
  });
}

}  // namespace counterpoint
