#pragma once
// The factors of blocks of 128 of K, which is a panel of 8-bit floats: one for each row of A and one
// for each 128 columns of B. Those who multiply fetch them through the first-level cache, once a
// stage has told them that the gate is open.
//
// Four panels at a time, which lie side by side: lane (g, j) of a warp fetches those of panel
// 4·n + j, for row g of each eight that the warp needs, and hands them on when their turn comes.
// That is a load for each eight rows and four panels, and few registers.

#include "pipeline/shared_layout.cuh"
#include "ptx/memory.cuh"
#include "ptx/shuffle.cuh"
#include "schedule/turns.cuh"

namespace counterpoint {

constexpr i32 kAhead = 4;  // panels whose factors are fetched together

template <class Shape>
struct BlockFactors {
  // Rows of A come in eights: those that the first operand's registers hold, or the second's.
  static constexpr i32 kEights = Shape::kSwapped ? Shape::kN / 8 : 2 * Shape::kPieces;
  static constexpr i32 kBlocks = Shape::kSwapped ? Shape::kPieces : Shape::kParts;
  static constexpr i32 kBlockCols = Shape::kSwapped ? kPiece : Shape::kN;
  static_assert(Shape::kPanelK == kScaleBlock, "a panel is one block of K");
  static_assert(kScaleBlock % kBlockCols == 0 && Shape::kCols % kBlockCols == 0,
                "what is multiplied together has columns of one block of B");

  const TileGemmParams& p;
  i32 firstRow;
  i32 firstCol;
  f32 fetchedRows[kEights];
  f32 fetchedCols[kBlocks];

  // `member`: the warpgroup's place among those that share the tile.
  CP_DEVICE BlockFactors(const TileGemmParams& params, const Tile& tile, i32 member) : p(params) {
    const i32 first = member * Shape::kPieces * kPiece;
    const i32 warp = static_cast<i32>(threadIdx.x) / kWarp % 4;
    firstRow = tile.firstRow + (Shape::kSwapped ? 0 : first + warp * 16);
    firstCol = tile.firstCol + (Shape::kSwapped ? first : 0);
#pragma unroll
    for (i32 i = 0; i < kEights; i++) {
      fetchedRows[i] = 1;
    }
#pragma unroll
    for (i32 i = 0; i < kBlocks; i++) {
      fetchedCols[i] = 1;
    }
  }

  CP_DEVICE static i32 rowOf(i32 eight) {
    return Shape::kSwapped ? 8 * eight : eight / 2 * kPiece + eight % 2 * 8;
  }

  // Asks for the factors of a panel and of those that go with it.
  CP_DEVICE void fetch(i32 panel) {
    if (p.aScales == 0) {
      return;
    }
    const i32 lane = threadAnew() % kWarp;
    const i32 last = (p.k - 1) / kScaleBlock;
    const i32 mine = minimum(panel / kAhead * kAhead + lane % kAhead, last);
    const i32 top = forget(firstRow) + lane / kAhead;
    const i32 left = forget(firstCol);
#pragma unroll
    for (i32 i = 0; i < kEights; i++) {
      // Rows beyond the tile have factors too, or those of the last row; their sums are not stored.
      const i32 row = minimum(top + rowOf(i), p.rows - 1);
      fetchedRows[i] = loadCached(p.aScales + (row * p.aScalesStride + mine) * 4);
    }
#pragma unroll
    for (i32 i = 0; i < kBlocks; i++) {
      const i32 col = minimum(left + i * kBlockCols, p.cols - 1);
      fetchedCols[i] = loadCached(p.bScales + (col / kScaleBlock * p.bScalesStride + mine) * 4);
    }
  }

  // The factors of one piece and part in a panel, for the rows and columns of which this thread has
  // sums.
  struct Taken {
    static constexpr i32 kCount = Shape::kSwapped ? Shape::kN / 4 : 2;
    f32 factor[kCount];
    // Of register i of the sums.
    CP_DEVICE f32 of(i32 i) const { return factor[Shape::kSwapped ? i / 4 * 2 + i % 2 : i % 4 / 2]; }
  };

  // Hands them out; by all lanes of a warp.
  CP_DEVICE Taken take(i32 panel, i32 piece, i32 part) const {
    const u32 lane = static_cast<u32>(threadAnew()) % kWarp;
    const u32 turn = static_cast<u32>(panel) % kAhead;
    const f32 ofCols = fromLane(fetchedCols[Shape::kSwapped ? piece : part], static_cast<i32>(turn));
    Taken taken;
#pragma unroll
    for (i32 i = 0; i < Taken::kCount; i++) {
      // Changed over: columns 2·j and 2·j + 1 of each eight; otherwise row g of two eights.
      const f32 fetched = fetchedRows[Shape::kSwapped ? i / 2 : 2 * piece + i];
      const u32 row = Shape::kSwapped ? lane % kAhead * 2 + i % 2 : lane / kAhead;
      taken.factor[i] = fromLane(fetched, static_cast<i32>(row * kAhead + turn)) * ofCols;
    }
    return taken;
  }
};

}  // namespace counterpoint
