#pragma once
// The epilogue that takes a shorter way, and how registers are told apart.

#include "epilogue/elements.h"
#include "params/tile_gemm.h"

namespace counterpoint {

// 16-bit output, nothing to do but alpha.
CP_DEVICE bool isPlain(const TileGemmParams& p) {
  return elementBytes(p.outputType) == 2 && p.rowScale == 0 && p.colScale == 0 && p.beta == 0 &&
         p.bias == 0;
}

CP_DEVICE u32 bitsOf(i32 sum) {
  return static_cast<u32>(sum);
}

// Lanes that hold neighbouring columns of the same rows, and which of four it is.
CP_DEVICE i32 laneGroup() {
  return static_cast<i32>(threadIdx.x) % kWarp / 4;
}
CP_DEVICE i32 laneInGroup() {
  return static_cast<i32>(threadIdx.x) % 4;
}

}  // namespace counterpoint
