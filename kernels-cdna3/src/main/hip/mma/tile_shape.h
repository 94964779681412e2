#pragma once
// How one output tile is shared out: a block computes it, its four waves each a rectangle.

#include "device/block.h"
#include "memory/panel.h"

namespace counterpoint {

template <i32 ROWS, i32 COLS, i32 WARP_ROWS, i32 WARP_COLS, i32 STAGES, i32 BLOCKS>
struct TileShape {
  static constexpr i32 kRows = ROWS;
  static constexpr i32 kCols = COLS;
  static constexpr i32 kWarpRows = WARP_ROWS;
  static constexpr i32 kWarpCols = WARP_COLS;
  static constexpr i32 kStages = STAGES;
  // Blocks that should fit one compute unit.
  static constexpr i32 kBlocks = BLOCKS;
  static constexpr i32 kWarpsAcross = COLS / WARP_COLS;
  static constexpr i32 kWarps = ROWS / WARP_ROWS * kWarpsAcross;
  static constexpr i32 kThreads = kWarps * kWarp;
  static constexpr i32 kStageBytes = (ROWS + COLS) * kPanelBytes;
  static constexpr i32 kSharedBytes = STAGES * kStageBytes;
  // Rows and columns of one matrix instruction: 32, or 16 for a tile of few rows.
  static constexpr i32 kMma = WARP_ROWS >= 32 ? 32 : 16;
  static constexpr i32 kRowPieces = WARP_ROWS / kMma;
  static constexpr i32 kColPieces = WARP_COLS / kMma;
  // Bytes of K that the lanes of one fragment cover.
  static constexpr i32 kStepBytes = kWarp / kMma * kChunk;
  static constexpr i32 kSteps = kPanelBytes / kStepBytes;

  static_assert(ROWS % WARP_ROWS == 0 && COLS % WARP_COLS == 0, "waves cover the tile");
  static_assert(WARP_ROWS % kMma == 0 && WARP_COLS % kMma == 0, "pieces cover a wave's rectangle");
  static_assert(kWarps == kVoters, "votes are those of four waves");
  static_assert(STAGES >= 2, "one stage is read while one is written");
  static_assert(BLOCKS * (kSharedBytes + 512) <= 64 * 1024, "fits the LDS, with votes");

  static CP_DEVICE i32 warpRow() { return warpIndex() / kWarpsAcross * WARP_ROWS; }
  static CP_DEVICE i32 warpCol() { return warpIndex() % kWarpsAcross * WARP_COLS; }
};

}  // namespace counterpoint
