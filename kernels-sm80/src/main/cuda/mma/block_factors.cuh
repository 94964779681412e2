#pragma once
// Factors of blocks of 128 of K: for each row of A, and for each 128 columns of B. A panel of 8-bit
// floats is one block.

#include "mma/operands.h"
#include "mma/tile_shape.cuh"
#include "params/tile_gemm.h"
#include "ptx/memory.cuh"

namespace counterpoint {

// That of the next panel for what a thread sums of one row: two rows of each piece of sixteen, eight
// apart. All columns of a warp are of one block. Loaded each time, from the first-level cache, since
// beside the sums there is no room to hold them.
template <class Shape>
CP_DEVICE f32 blockFactor(const TileGemmParams& p, const UnitOrigin& origin, i32 piece, i32 half) {
  static_assert(kScaleBlock % Shape::kWarpCols == 0 && Shape::kCols % kScaleBlock == 0,
                "a warp's columns are of one block of B");
  // Rows and columns beyond the matrix have those of the last; their sums are not stored.
  const i32 inPiece = 16 * piece + 8 * half + static_cast<i32>(threadIdx.x) % kWarp / 4;
  const i32 row = minimum(forget(origin.row) + Shape::warpRow() + inPiece, p.rows - 1);
  const i32 col = minimum(forget(origin.col) + Shape::warpCol(), p.cols - 1);
  return loadCached(p.aScales + (row * p.aScalesStride + origin.panel) * 4) *
         loadCached(p.bScales + (col / kScaleBlock * p.bScalesStride + origin.panel) * 4);
}

}  // namespace counterpoint
