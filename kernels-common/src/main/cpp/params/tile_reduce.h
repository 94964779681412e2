#pragma once
// Parameters of tile_reduce: the sum of staged partials, block of rows by block of rows.

#include "params/element_type.h"
#include "params/layout.h"
#include "params/wait.h"

namespace counterpoint {

// Each block is cut into parts, so that there is work for all; a unit is one part of a block.
struct alignas(8) TileReduceParams {
  Operation operation;
  u64 staging;
  i64 slotBytes;
  i64 stagingStride;  // elements
  i32 rows;
  i32 cols;
  i32 slots;
  i32 blockRows;
  i32 blocks;
  i32 parts;  // units per block; at least 1
  i32 inputType;
  i32 outputType;

  // Gate
  u64 gateWords;     // this rank's words; 0 for no gate
  u64 gateIndex;     // i32 by block and slot; negative for no wait
  u64 gatePerEpoch;  // i64 by block and slot
  u64 epoch;
  i32 gateArray;
  i32 clearanceArray;

  // Route
  u64 targets;       // u64 by target: row 0 of the sum, when targetCount is more than 0
  i64 targetStride;  // elements
  i32 targetCount;
  i32 reserved;
  u64 clearanceWords;  // this rank's words; 0 for none
  u64 clearanceIndex;  // i32 by target
  Target clearanceTarget;

  // Post
  u64 postWords;  // u64 by target: the words of that rank; 0 for none
  u64 postIndex;  // i32 by block; negative for none
  u64 arrivals;   // u32 by block, 0 at first and after each launch; needed with postWords

  u64 target;  // row 0 of the sum, when targetCount is 0: the local route
};

CP_SIZE(TileReduceParams, 216);
CP_FIELD(TileReduceParams, operation, 0, Operation);
CP_FIELD(TileReduceParams, staging, 24, u64);
CP_FIELD(TileReduceParams, slotBytes, 32, i64);
CP_FIELD(TileReduceParams, stagingStride, 40, i64);
CP_FIELD(TileReduceParams, rows, 48, i32);
CP_FIELD(TileReduceParams, cols, 52, i32);
CP_FIELD(TileReduceParams, slots, 56, i32);
CP_FIELD(TileReduceParams, blockRows, 60, i32);
CP_FIELD(TileReduceParams, blocks, 64, i32);
CP_FIELD(TileReduceParams, parts, 68, i32);
CP_FIELD(TileReduceParams, inputType, 72, i32);
CP_FIELD(TileReduceParams, outputType, 76, i32);
CP_FIELD(TileReduceParams, gateWords, 80, u64);
CP_FIELD(TileReduceParams, gateIndex, 88, u64);
CP_FIELD(TileReduceParams, gatePerEpoch, 96, u64);
CP_FIELD(TileReduceParams, epoch, 104, u64);
CP_FIELD(TileReduceParams, gateArray, 112, i32);
CP_FIELD(TileReduceParams, clearanceArray, 116, i32);
CP_FIELD(TileReduceParams, targets, 120, u64);
CP_FIELD(TileReduceParams, targetStride, 128, i64);
CP_FIELD(TileReduceParams, targetCount, 136, i32);
CP_FIELD(TileReduceParams, reserved, 140, i32);
CP_FIELD(TileReduceParams, clearanceWords, 144, u64);
CP_FIELD(TileReduceParams, clearanceIndex, 152, u64);
CP_FIELD(TileReduceParams, clearanceTarget, 160, Target);
CP_FIELD(TileReduceParams, postWords, 184, u64);
CP_FIELD(TileReduceParams, postIndex, 192, u64);
CP_FIELD(TileReduceParams, arrivals, 200, u64);
CP_FIELD(TileReduceParams, target, 208, u64);

}  // namespace counterpoint
