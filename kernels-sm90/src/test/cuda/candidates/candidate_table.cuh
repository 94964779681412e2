#pragma once
// Tiles that are measured beside those of the module, and that nothing ships: other ways out,
// depths and widths. What is better than what is there, on a device, moves to
// kernels/tile_table_sm90.cuh.

#include "kernels/tile_table_sm90.cuh"

#define CP_CANDIDATES(APPLY, ...)                              \
  APPLY(__VA_ARGS__, 128, 256, 4, 2, kTogether, kRowsFirst, 0) \
  APPLY(__VA_ARGS__, 128, 192, 4, 2, kTogether, kRowsFirst, 2) \
  APPLY(__VA_ARGS__, 128, 160, 4, 2, kTogether, kRowsFirst, 2) \
  APPLY(__VA_ARGS__, 128, 160, 5, 2, kInTurns, kRowsFirst, 0)  \
  APPLY(__VA_ARGS__, 128, 128, 6, 2, kTogether, kRowsFirst, 2) \
  APPLY(__VA_ARGS__, 64, 64, 12, 1, kInTurns, kColsFirst, 0)   \
  APPLY(__VA_ARGS__, 32, 64, 16, 1, kInTurns, kColsFirst, 0)   \
  APPLY(__VA_ARGS__, 16, 64, 20, 1, kInTurns, kColsFirst, 0)

// The same of 8-bit floats, whose warpgroups may relieve each other in other ways.
#define CP_RELAYED_CANDIDATES(APPLY)                                                               \
  APPLY(fp8_e4m3_free_nk, E4m3, false, 128, 128, 256, 3, 2, kTogether, kRowsFirst, 2, kNoRelay)    \
  APPLY(fp8_e4m3_early_nk, E4m3, false, 128, 128, 256, 3, 2, kTogether, kRowsFirst, 2, kFromStart) \
  APPLY(fp8_e4m3_free_nk, E4m3, false, 128, 128, 128, 6, 2, kTogether, kRowsFirst, 0, kNoRelay)    \
  APPLY(fp8_e4m3_early_nk, E4m3, false, 128, 128, 128, 6, 2, kTogether, kRowsFirst, 0, kFromStart) \
  APPLY(fp8_e4m3_nk, E4m3, false, 128, 128, 128, 6, 2, kTogether, kRowsFirst, 2, kFromMiddle)      \
  APPLY(fp8_e4m3_free_nk, E4m3, false, 128, 128, 128, 6, 2, kTogether, kRowsFirst, 2, kNoRelay)
