#pragma once
// Factors of blocks of 128 of K: for each row of A, and for each 128 columns of B. A panel of 8-bit
// floats is one block.

#include "mma/operands.h"
#include "mma/tile_shape.cuh"
#include "params/tile_gemm.h"
#include "ptx/memory.cuh"

namespace counterpoint {

// Where a unit begins in A · B.
struct UnitOrigin {
  i32 row;
  i32 col;
  i32 panel;

  CP_DEVICE void begin(const Operands& of) {
    row = of.firstRow;
    col = of.firstCol;
    panel = of.firstPanel;
  }
};

// Those of one panel, for the rows that a thread has sums of: two of each sixteen, eight apart. All
// columns of a warp are of one block.
template <class Shape>
struct PanelFactors {
  static_assert(kScaleBlock % Shape::kWarpCols == 0 && Shape::kCols % kScaleBlock == 0,
                "a warp's columns are of one block of B");
  f32 ofRow[Shape::kRowPieces][2];

  CP_DEVICE PanelFactors(const TileGemmParams& p, const UnitOrigin& origin, i32 inUnit) {
    // Rows and columns beyond the matrix have those of the last; their sums are not stored.
    const i64 panel = origin.panel + inUnit;
    const i32 col = minimum(origin.col + Shape::warpCol(), p.cols - 1);
    const f32 ofCols =
        loadCached(p.bScales + (col / kScaleBlock * p.bScalesStride + panel) * 4);
    const i32 first = origin.row + Shape::warpRow() + static_cast<i32>(threadIdx.x) % kWarp / 4;
#pragma unroll
    for (i32 i = 0; i < 2 * Shape::kRowPieces; i++) {
      const i32 row = minimum(first + 8 * i, p.rows - 1);
      ofRow[i / 2][i % 2] = loadCached(p.aScales + (row * p.aScalesStride + panel) * 4) * ofCols;
    }
  }
};

// In place of factors where there are none.
struct NoFactors {};

}  // namespace counterpoint
