#pragma once
// From panels in LDS to the registers of the matrix instructions, sixteen bytes to a lane.

#include "amdgcn/memory.h"
#include "memory/panel.h"
#include "mma/tile_shape.h"

namespace counterpoint {

// One lane's view of a panel: row lane % MMA of each piece, and the chunk lane / MMA of each step.
template <class Panel, class Shape>
struct AlongKReader {
  u32 row;
  u32 chunk;

  // `firstRow` is a multiple of 16.
  CP_DEVICE AlongKReader(i32 firstRow) {
    const i32 inPiece = laneIndex() % Shape::kMma;
    row = (firstRow + inPiece) * kPanelBytes;
    chunk = (laneIndex() / Shape::kMma ^ Panel::key(inPiece)) * kChunk;
  }

  CP_DEVICE u32x4 load(u32 panel, i32 piece, i32 step) const {
    return loadShared<u32x4>(panel + row + (chunk ^ step * Shape::kStepBytes) +
                             piece * Shape::kMma * kPanelBytes);
  }
};

}  // namespace counterpoint
