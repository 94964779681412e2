#pragma once
// The way out: each warp lays some rows of its sums in its patch of shared memory, then takes them
// up again by rows, so that global stores are whole lines, also over a link. Warps do not wait for
// each other.
//
// Registers hold what mma/shape.cuh and ptx/wgmma.cuh say: lane (g, j) two neighbours of the second
// operand's columns, in rows g and g + 8 of the first operand's sixteen.

#include "epilogue/finish.h"
#include "epilogue/plain.cuh"
#include "pipeline/shared_layout.cuh"

namespace counterpoint {

// Eight sums in the patch, finished and stored at (row, col) of the tile.
template <class Sum>
CP_DEVICE void storeGroup(
    const TileGemmParams& p, const Tile& tile, const Destination& to, u32 from, i32 row, i32 col) {
  const i32 count = tile.cols - col;
  if (row >= tile.rows || count <= 0) {
    return;
  }
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
  finishEight<Sum>(p, v, Place{tile.firstRow + row, tile.firstCol + col, count});
  storeEight(
      to.origin + (row * to.stride + col) * elementBytes(to.type), v, to.type, count, to.vector);
}

// ---- The shortest way: 16-bit output, nothing to do but alpha ----

// Sixteen rows of 64 columns, already in the output type.
struct PlainPatch {
  static constexpr i32 kCols = 64;
  // Sixteen bytes more than a row: eight rows of a column fall into different banks.
  static constexpr i32 kPitch = kCols * 2 + 16;
  static_assert(16 * kPitch <= kPatchBytes, "fits the patch");

  // `sums`: the registers of 64 columns, four for each eight.
  template <class Sum>
  static CP_DEVICE void fill(u32 patch, const Sum* sums, f32 alpha, i32 type) {
    const u32 at = patch + laneGroup() * kPitch + laneInGroup() * 4;
#pragma unroll
    for (i32 eight = 0; eight < kCols / 8; eight++) {
      const Sum* r = sums + 4 * eight;
      storeShared(at + eight * 16, narrow(r[0] * alpha, r[1] * alpha, type));
      storeShared(at + eight * 16 + 8 * kPitch, narrow(r[2] * alpha, r[3] * alpha, type));
    }
  }

  static CP_DEVICE void store(
      const Tile& tile, const Destination& to, u32 patch, i32 row, i32 col) {
    constexpr i32 kGroups = kCols / kEight;
#pragma unroll
    for (i32 i = threadIdx.x % kWarp; i < 16 * kGroups; i += kWarp) {
      const i32 inRow = row + i / kGroups;
      const i32 inCol = col + i % kGroups * kEight;
      const i32 count = tile.cols - inCol;
      if (inRow >= tile.rows || count <= 0) {
        continue;
      }
      const Vector16 packed = loadSharedVector(patch + i / kGroups * kPitch + i % kGroups * 16);
      const u64 target = to.origin + (inRow * to.stride + inCol) * 2;
      if (to.vector && count >= kEight) {
        storeVector(target, packed);
      } else {
#pragma unroll
        for (i32 e = 0; e < kEight; e++) {
          if (e < count) {
            storePlain<u16>(target + 2 * e, static_cast<u16>(packed.word[e / 2] >> (e % 2 * 16)));
          }
        }
      }
    }
  }
};

// ---- Any epilogue: bare sums in the patch, finished on the way out ----

// Eight rows of 64 columns: rows g, or rows g + 8, of the sixteen.
struct SumPatch {
  static constexpr i32 kCols = 64;
  // Eight words more, so that four rows of a store fall into different banks.
  static constexpr i32 kPitch = kCols * 4 + 32;
  static_assert(8 * kPitch <= kPatchBytes, "fits the patch");

  template <class Sum>
  static CP_DEVICE void fill(u32 patch, const Sum* sums, i32 half) {
    const u32 at = patch + laneGroup() * kPitch + laneInGroup() * 8;
#pragma unroll
    for (i32 eight = 0; eight < kCols / 8; eight++) {
      const Sum* r = sums + 4 * eight + 2 * half;
      storeSharedPair(at + eight * 32, bitsOf(r[0]), bitsOf(r[1]));
    }
  }

  template <class Sum>
  static CP_DEVICE void store(const TileGemmParams& p,
                              const Tile& tile,
                              const Destination& to,
                              u32 patch,
                              i32 row,
                              i32 col) {
    constexpr i32 kGroups = kCols / kEight;
#pragma unroll 1
    for (i32 i = threadIdx.x % kWarp; i < 8 * kGroups; i += kWarp) {
      const i32 inRow = i / kGroups;
      const i32 group = i % kGroups;
      storeGroup<Sum>(
          p, tile, to, patch + inRow * kPitch + group * 32, row + inRow, col + group * kEight);
    }
  }
};

// With operands changed over: sixteen columns of the output (the first operand's rows), sixteen
// rows of it; turned round in the patch.
struct TurnedPatch {
  static constexpr i32 kPitch = 16 * 4 + 16;
  static_assert(16 * kPitch <= kPatchBytes, "fits the patch");

  // `sums`: the registers of sixteen rows of the output.
  template <class Sum>
  static CP_DEVICE void fill(u32 patch, const Sum* sums) {
    const u32 at = patch + laneGroup() * 4 + laneInGroup() * 2 * kPitch;
#pragma unroll
    for (i32 eight = 0; eight < 2; eight++) {
      const Sum* r = sums + 4 * eight;
      const u32 row = at + eight * 8 * kPitch;
      storeShared(row, bitsOf(r[0]));
      storeShared(row + kPitch, bitsOf(r[1]));
      storeShared(row + 32, bitsOf(r[2]));
      storeShared(row + kPitch + 32, bitsOf(r[3]));
    }
  }

  template <class Sum>
  static CP_DEVICE void store(const TileGemmParams& p,
                              const Tile& tile,
                              const Destination& to,
                              u32 patch,
                              i32 row,
                              i32 col) {
    const i32 lane = static_cast<i32>(threadIdx.x) % kWarp;
    const i32 inRow = lane / 2;
    const i32 group = lane % 2;
    storeGroup<Sum>(
        p, tile, to, patch + inRow * kPitch + group * 32, row + inRow, col + group * kEight);
  }
};

}  // namespace counterpoint
