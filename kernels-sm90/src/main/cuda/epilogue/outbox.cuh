#pragma once
// The way out by the copy engine: a warpgroup lays all that it has computed of a tile in its
// outbox, finished and in the output's type, and goes on; a clerk has the copy engine take it to
// its destination, row by row, while the next tile is multiplied. So nobody who multiplies waits
// for memory, or for a link.
//
// Rows of 32-bit elements are twice as long as the outbox is wide: they leave in passes, some
// columns at a time.

#include "epilogue/finish.h"
#include "epilogue/plain.cuh"
#include "pipeline/shared_layout.cuh"
#include "ptx/bulk_store.cuh"
#include "ptx/exchange.cuh"

namespace counterpoint {

// Columns that a lane of four turns round at once, eight for each: the grain of passes.
constexpr i32 kQuad = 32;

template <class Shape>
struct Outbox {
  using Sum = typename Shape::Sum;
  using Sums = typename Shape::Sums;
  static constexpr i32 kPitch = SharedLayout<Shape>::kOutboxPitch;
  static constexpr i32 kWideCols = Shape::kCols / 2 / kQuad * kQuad;

  static CP_DEVICE i32 colsOfPass(i32 type) {
    return elementBytes(type) == 2 ? Shape::kCols : kWideCols;
  }
  static CP_DEVICE i32 passes(i32 type) {
    return elementBytes(type) == 2 ? 1 : (Shape::kCols + kWideCols - 1) / kWideCols;
  }

  // The registers of eight columns of a piece: four, two for each of two rows eight apart.
  static CP_DEVICE const Sum* eightOf(const Sums& sums, i32 piece, i32 col) {
    return &sums[piece][col / Shape::kN][col % Shape::kN / 2];
  }

  // ---- In, by every warp of the warpgroup ----

  // 16-bit output, nothing to do but alpha.
  static CP_DEVICE void fillPlain(u32 box, const Sums& sums, f32 alpha, i32 type) {
    if (type == kBf16) {
      fillPlain<kBf16>(box, sums, alpha);
    } else {
      fillPlain<kFp16>(box, sums, alpha);
    }
  }

  template <i32 TYPE>
  static CP_DEVICE void fillPlain(u32 box, const Sums& sums, f32 alpha) {
    const i32 lane = static_cast<i32>(threadIdx.x);
    const u32 at = box + rowOfLane(lane) * kPitch + lane % 4 * 4;
#pragma unroll
    for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
      for (i32 col = 0; col < Shape::kCols; col += kEight) {
        const Sum* r = eightOf(sums, piece, col);
        const u32 to = at + piece * kPiece * kPitch + col * 2;
        storeShared(to, narrow(r[0] * alpha, r[1] * alpha, TYPE));
        storeShared(to + 8 * kPitch, narrow(r[2] * alpha, r[3] * alpha, TYPE));
      }
    }
  }

  // Whatever there is to do, and any type: the columns of one pass. `share`: the warpgroup's first
  // row of the tile.
  static CP_DEVICE void fillFinished(
      const TileGemmParams& p, const Tile& tile, u32 box, const Sums& sums, i32 share, i32 pass) {
    const i32 firstCol = pass * colsOfPass(p.outputType);
#pragma unroll
    for (i32 piece = 0; piece < Shape::kPieces; piece++) {
#pragma unroll
      for (i32 col = 0; col < Shape::kCols; col += kQuad) {
        if (col < firstCol || col >= firstCol + colsOfPass(p.outputType)) {
          continue;
        }
#pragma unroll
        for (i32 half = 0; half < 2; half++) {
          u32 v[kEight];
#pragma unroll
          for (i32 i = 0; i < kEight; i++) {
            v[i] = bitsOf(eightOf(sums, piece, col + i / 2 * kEight)[2 * half + i % 2]);
          }
          turnRound(v);
          // Anew each time: what is held from one to the next would not fit beside the sums.
          const i32 lane = threadAnew();
          const i32 row = forget(piece * kPiece + 8 * half) + rowOfLane(lane);
          fillEight(p, tile, box, v, share, row, col + lane % 4 * kEight, firstCol);
        }
      }
    }
  }

  // ---- Out, by a whole warp ----

  // The rows of one warpgroup, the columns of one pass. Bulk stores, where rows are as the copy
  // engine takes them; what remains are the last few columns, or all, one by one.
  static CP_DEVICE void store(
      const Tile& tile, const Destination& to, u32 box, i32 share, i32 pass) {
    const i32 lane = static_cast<i32>(threadIdx.x) % kWarp;
    const i32 bytes = elementBytes(to.type);
    const i32 firstCol = pass * colsOfPass(to.type);
    const i32 rows = minimum(Shape::kShare, tile.rows - share);
    const i32 cols = maximum(0, minimum(colsOfPass(to.type), tile.cols - firstCol));
    const i32 whole = to.vector ? cols & ~(16 / bytes - 1) : 0;
    const u64 origin = to.origin + (share * to.stride + firstCol) * bytes;
    if (whole > 0) {
#pragma unroll 1
      for (i32 row = lane; row < rows; row += kWarp) {
        storeBulk(origin + row * to.stride * bytes, box + row * kPitch, whole * bytes);
      }
    }
    if (whole < cols) {
#pragma unroll 1
      for (i32 row = 0; row < rows; row++) {
#pragma unroll 1
        for (i32 col = whole + lane; col < cols; col += kWarp) {
          storeElement(origin + (row * to.stride + col) * bytes, box + row * kPitch, col, bytes);
        }
      }
    }
  }

 private:
  // A thread's first row within a piece.
  static CP_DEVICE i32 rowOfLane(i32 thread) {
    return thread % kWarpgroup / kWarp * 16 + thread % kWarp / 4;
  }

  // Four lanes have two columns each of four times eight; each gets eight of one, in order.
  static CP_DEVICE void turnRound(u32 (&v)[kEight]) {
#pragma unroll
    for (i32 bit = 1; bit <= 2; bit *= 2) {
      const bool upper = (laneInGroup() & bit) != 0;
#pragma unroll
      for (i32 i = 0; i < kEight; i++) {
        if ((i / 2 & bit) == 0) {
          u32& low = v[i];
          u32& high = v[i + 2 * bit];
          const u32 theirs = exchange(upper ? low : high, bit);
          (upper ? low : high) = theirs;
        }
      }
    }
  }

  static CP_DEVICE void fillEight(const TileGemmParams& p,
                                  const Tile& tile,
                                  u32 box,
                                  u32 (&v)[kEight],
                                  i32 share,
                                  i32 row,
                                  i32 col,
                                  i32 firstCol) {
    if (share + row >= tile.rows || col >= tile.cols) {
      return;
    }
    finishEight<Sum>(
        p, v, Place{tile.firstRow + share + row, tile.firstCol + col, tile.cols - col});
    const i32 type = p.outputType;
    const u32 to = box + row * kPitch + (col - firstCol) * elementBytes(type);
    if (elementBytes(type) == 2) {
      u32 packed[4];
#pragma unroll
      for (i32 i = 0; i < 4; i++) {
        packed[i] = narrow(floatOf(v[2 * i]), floatOf(v[2 * i + 1]), type);
      }
      storeSharedVector(to, packed[0], packed[1], packed[2], packed[3]);
    } else {
      storeSharedVector(to, v[0], v[1], v[2], v[3]);
      storeSharedVector(to + 16, v[4], v[5], v[6], v[7]);
    }
  }

  static CP_DEVICE void storeElement(u64 to, u32 row, i32 col, i32 bytes) {
    const u32 word = loadShared(row + (col * bytes & ~3));
    if (bytes == 2) {
      storePlain<u16>(to, static_cast<u16>(word >> (col % 2 * 16)));
    } else {
      storePlain<u32>(to, word);
    }
  }
};

}  // namespace counterpoint
