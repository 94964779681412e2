#pragma once
// The way out: each warp lays sixteen rows of its sums in shared memory, then takes them up again
// by rows, so that global stores are whole lines. Warps do not wait for each other.

#include "epilogue/finish.h"
#include "mma/tile_shape.cuh"

namespace counterpoint {

template <class Shape>
struct Staging {
  static constexpr i32 kRows = 16;
  // Eight words more than a row, so that four rows of a store fall into different banks.
  static constexpr i32 kPitch = Shape::kWarpCols * 4 + 32;
  static constexpr i32 kWarpBytes = kRows * kPitch;
  static_assert(Shape::kThreads / kWarp * kWarpBytes <= Shape::kStageBytes,
                "the epilogue works in one stage");
};

// One warp's sums of sixteen rows. mma leaves lane (g, j) the columns 2·j and 2·j + 1 of each piece
// in rows g and g + 8; interleaved pieces hold even and odd columns of sixteen, four neighbours to
// a lane.
template <class Shape, bool INTERLEAVED, class Sum>
CP_DEVICE void stageSums(const Sum (&sums)[Shape::kColPieces][4], u32 staging) {
  const i32 lane = threadAnew() % kWarp;
  const i32 g = lane / 4;
  const i32 j = lane % 4;
  const auto bits = [&](i32 piece, i32 i) -> u32 {
    return reinterpret_cast<const u32&>(sums[piece][i]);
  };
#pragma unroll
  for (i32 half = 0; half < 2; half++) {
    const u32 row = staging + (g + 8 * half) * Staging<Shape>::kPitch;
    if constexpr (INTERLEAVED) {
#pragma unroll
      for (i32 piece = 0; piece < Shape::kColPieces; piece += 2) {
        storeSharedVector(row + piece * 32 + j * 16,
                          bits(piece, 2 * half),
                          bits(piece + 1, 2 * half),
                          bits(piece, 2 * half + 1),
                          bits(piece + 1, 2 * half + 1));
      }
    } else {
#pragma unroll
      for (i32 piece = 0; piece < Shape::kColPieces; piece++) {
        storeSharedPair(row + piece * 32 + j * 8, bits(piece, 2 * half), bits(piece, 2 * half + 1));
      }
    }
  }
}

// Finishes and stores sixteen staged rows that begin at (row, col) of the tile.
template <class Shape, class Sum>
CP_DEVICE void storeRows(const TileGemmParams& p,
                         const Tile& tile,
                         const Destination& to,
                         u32 staging,
                         i32 row,
                         i32 col) {
  constexpr i32 kGroups = Shape::kWarpCols / kEight;
#pragma unroll 1
  for (i32 i = threadAnew() % kWarp; i < Staging<Shape>::kRows * kGroups; i += kWarp) {
    const i32 inRow = row + i / kGroups;
    const i32 inCol = col + i % kGroups * kEight;
    const i32 count = tile.cols - inCol;
    if (inRow >= tile.rows || count <= 0) {
      continue;
    }
    const u32 from = staging + i / kGroups * Staging<Shape>::kPitch + i % kGroups * 32;
    const Vector16 first = loadSharedVector(from);
    const Vector16 second = loadSharedVector(from + 16);
    u32 v[kEight] = {first.word[0],
                     first.word[1],
                     first.word[2],
                     first.word[3],
                     second.word[0],
                     second.word[1],
                     second.word[2],
                     second.word[3]};
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

// The whole tile, by all threads; `scratch` is one stage that nobody else uses.
template <class Shape, bool INTERLEAVED, class Sum>
CP_DEVICE void storeTile(const TileGemmParams& p,
                         const Tile& tile,
                         const Destination& to,
                         const Sum (&sums)[Shape::kRowPieces][Shape::kColPieces][4],
                         u32 scratch) {
  const u32 staging = scratch + threadAnew() / kWarp * Staging<Shape>::kWarpBytes;
#pragma unroll
  for (i32 piece = 0; piece < Shape::kRowPieces; piece++) {
    stageSums<Shape, INTERLEAVED>(sums[piece], staging);
    __syncwarp();
    storeRows<Shape, Sum>(p, tile, to, staging, Shape::warpRow() + piece * 16, Shape::warpCol());
    __syncwarp();
  }
}

}  // namespace counterpoint
