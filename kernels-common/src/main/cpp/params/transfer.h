#pragma once
// Parameters of the copies: put, put2d, unpack, fill.

#include "params/layout.h"
#include "params/wait.h"

namespace counterpoint {

// Rows of bytes from one place to another, any alignment; afterwards a word is raised to the epoch.
// One row for a plain put.
struct alignas(8) PutParams {
  Operation operation;
  u64 source;
  u64 target;
  i64 sourcePitch;  // bytes
  i64 targetPitch;  // bytes
  i64 rowBytes;
  i64 rows;
  u64 signal;    // word to raise; 0 for none
  u64 epoch;     // launch counter to raise it to
  u64 arrivals;  // u32, 0 at first and after each launch; needed with a signal
};

CP_SIZE(PutParams, 96);
CP_FIELD(PutParams, operation, 0, Operation);
CP_FIELD(PutParams, source, 24, u64);
CP_FIELD(PutParams, target, 32, u64);
CP_FIELD(PutParams, sourcePitch, 40, i64);
CP_FIELD(PutParams, targetPitch, 48, i64);
CP_FIELD(PutParams, rowBytes, 56, i64);
CP_FIELD(PutParams, rows, 64, i64);
CP_FIELD(PutParams, signal, 72, u64);
CP_FIELD(PutParams, epoch, 80, u64);
CP_FIELD(PutParams, arrivals, 88, u64);

// A matrix that lies as packed tiles, put back into row-major order.
struct alignas(8) UnpackParams {
  Operation operation;
  u64 packed;
  u64 output;
  i64 outputStride;  // elements
  u64 slots;         // i32 by tile; negative to leave a tile out
  i32 rows;
  i32 cols;
  i32 elementBytes;
  i32 tileRows;
  i32 tileCols;
  i32 shards;
  i32 rowsPerShard;
  i32 tileRowsPerShard;
  i32 tileColumns;
  i32 reserved;
};

CP_SIZE(UnpackParams, 96);
CP_FIELD(UnpackParams, operation, 0, Operation);
CP_FIELD(UnpackParams, packed, 24, u64);
CP_FIELD(UnpackParams, output, 32, u64);
CP_FIELD(UnpackParams, outputStride, 40, i64);
CP_FIELD(UnpackParams, slots, 48, u64);
CP_FIELD(UnpackParams, rows, 56, i32);
CP_FIELD(UnpackParams, cols, 60, i32);
CP_FIELD(UnpackParams, elementBytes, 64, i32);
CP_FIELD(UnpackParams, tileRows, 68, i32);
CP_FIELD(UnpackParams, tileCols, 72, i32);
CP_FIELD(UnpackParams, shards, 76, i32);
CP_FIELD(UnpackParams, rowsPerShard, 80, i32);
CP_FIELD(UnpackParams, tileRowsPerShard, 84, i32);
CP_FIELD(UnpackParams, tileColumns, 88, i32);
CP_FIELD(UnpackParams, reserved, 92, i32);

// Sets bytes.
struct alignas(8) FillParams {
  Operation operation;
  u64 target;
  i64 bytes;
  i32 value;  // the low byte counts
  i32 reserved;
};

CP_SIZE(FillParams, 48);
CP_FIELD(FillParams, operation, 0, Operation);
CP_FIELD(FillParams, target, 24, u64);
CP_FIELD(FillParams, bytes, 32, i64);
CP_FIELD(FillParams, value, 40, i32);
CP_FIELD(FillParams, reserved, 44, i32);

}  // namespace counterpoint
