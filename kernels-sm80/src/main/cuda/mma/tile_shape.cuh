#pragma once
// How one output tile is shared out: a block computes it, its warps each a rectangle.

#include "memory/panel.cuh"

namespace counterpoint {

template <i32 ROWS, i32 COLS, i32 WARP_ROWS, i32 WARP_COLS, i32 STAGES, i32 BLOCKS>
struct TileShape {
  static constexpr i32 kRows = ROWS;
  static constexpr i32 kCols = COLS;
  static constexpr i32 kWarpRows = WARP_ROWS;
  static constexpr i32 kWarpCols = WARP_COLS;
  static constexpr i32 kStages = STAGES;
  // Blocks that should fit one multiprocessor, by registers.
  static constexpr i32 kBlocks = BLOCKS;
  static constexpr i32 kWarpsAcross = COLS / WARP_COLS;
  static constexpr i32 kThreads = ROWS / WARP_ROWS * kWarpsAcross * kWarp;
  static constexpr i32 kStageBytes = (ROWS + COLS) * kPanelBytes;
  static constexpr i32 kSharedBytes = STAGES * kStageBytes;
  // Pieces of 16 rows and of 8 columns: one mma each.
  static constexpr i32 kRowPieces = WARP_ROWS / 16;
  static constexpr i32 kColPieces = WARP_COLS / 8;
  static constexpr i32 kSums = kRowPieces * kColPieces * 4;

  static_assert(ROWS % WARP_ROWS == 0 && COLS % WARP_COLS == 0, "warps cover the tile");
  static_assert(WARP_ROWS % 16 == 0, "mma has 16 rows");
  static_assert(WARP_COLS == 32 || WARP_COLS == 64,
                "panels along N need whole groups of 32 columns");
  static_assert(STAGES >= 3,
                "one stage is read, one is written, one serves the epilogue meanwhile");
  static_assert(kSharedBytes <= 163 * 1024, "fits the 164 KiB of SM80, less 1 KiB of the system's");

  static CP_DEVICE i32 warpRow() { return threadIdx.x / kWarp / kWarpsAcross * WARP_ROWS; }
  static CP_DEVICE i32 warpCol() { return threadIdx.x / kWarp % kWarpsAcross * WARP_COLS; }
};

}  // namespace counterpoint
