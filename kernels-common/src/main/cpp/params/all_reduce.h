#pragma once
// Parameters of the all-reduces over peers' memory.

#include "params/element_type.h"
#include "params/layout.h"
#include "params/wait.h"

namespace counterpoint {

// The matrix is cut into groups of eight columns, numbered row by row. The groups that one rank
// sums are its share; with one shot everyone's share is all of them.
struct alignas(8) AllReduceParams {
  Operation operation;
  u64 input;
  i64 inputStride;  // elements
  u64 output;       // where the input is, or apart from it
  i64 outputStride;
  u64 workspaces;  // u64 by rank: its workspace, all zero before the first launch
  i64 flags;       // bytes from there to the words that bulk signals by; others have none
  u64 launches;    // u64: how many this rank has begun
  u64 arrivals;    // u32, 0 at first and after each launch
  i32 rows;
  i32 cols;
  i32 type;
  i32 rank;
  i32 ranks;
  i32 places;  // groups of a share; the last shares may have fewer
  i32 array;   // as which fault records name the workspace; its words are the ranks
  i32 reserved;
};

CP_SIZE(AllReduceParams, 120);
CP_FIELD(AllReduceParams, operation, 0, Operation);
CP_FIELD(AllReduceParams, input, 24, u64);
CP_FIELD(AllReduceParams, inputStride, 32, i64);
CP_FIELD(AllReduceParams, output, 40, u64);
CP_FIELD(AllReduceParams, outputStride, 48, i64);
CP_FIELD(AllReduceParams, workspaces, 56, u64);
CP_FIELD(AllReduceParams, flags, 64, i64);
CP_FIELD(AllReduceParams, launches, 72, u64);
CP_FIELD(AllReduceParams, arrivals, 80, u64);
CP_FIELD(AllReduceParams, rows, 88, i32);
CP_FIELD(AllReduceParams, cols, 92, i32);
CP_FIELD(AllReduceParams, type, 96, i32);
CP_FIELD(AllReduceParams, rank, 100, i32);
CP_FIELD(AllReduceParams, ranks, 104, i32);
CP_FIELD(AllReduceParams, places, 108, i32);
CP_FIELD(AllReduceParams, array, 112, i32);
CP_FIELD(AllReduceParams, reserved, 116, i32);

}  // namespace counterpoint
