#pragma once
// Parameters of row_norm: rows normalised, read in place or as packed tiles.

#include "params/element_type.h"
#include "params/layout.h"
#include "params/wait.h"

namespace counterpoint {

enum NormKind : i32 { kRmsNorm = 0, kLayerNorm = 1 };

// All matrices have elements of one type, and strides in elements.
struct alignas(8) RowNormParams {
  Operation operation;
  u64 input;  // row 0, or block 0 of packed tiles
  i64 inputStride;
  u64 residual;  // 0 for none
  i64 residualStride;
  u64 weight;
  u64 bias;  // 0 for none
  u64 output;
  i64 outputStride;
  u64 sum;  // input plus residual; 0 where nobody wants it
  i64 sumStride;
  u64 slots;  // i32 by tile; 0 for rows in place
  i32 rows;
  i32 cols;
  i32 type;
  i32 kind;
  f32 epsilon;
  f32 perColumn;  // 1 / cols
  // Tiles, where they are packed
  i32 tileRows;
  i32 tileCols;  // a multiple of eight
  i32 rowsPerShard;
  i32 tileRowsPerShard;
  i32 tileColumns;
  i32 reserved;
};

CP_SIZE(RowNormParams, 160);
CP_FIELD(RowNormParams, operation, 0, Operation);
CP_FIELD(RowNormParams, input, 24, u64);
CP_FIELD(RowNormParams, inputStride, 32, i64);
CP_FIELD(RowNormParams, residual, 40, u64);
CP_FIELD(RowNormParams, residualStride, 48, i64);
CP_FIELD(RowNormParams, weight, 56, u64);
CP_FIELD(RowNormParams, bias, 64, u64);
CP_FIELD(RowNormParams, output, 72, u64);
CP_FIELD(RowNormParams, outputStride, 80, i64);
CP_FIELD(RowNormParams, sum, 88, u64);
CP_FIELD(RowNormParams, sumStride, 96, i64);
CP_FIELD(RowNormParams, slots, 104, u64);
CP_FIELD(RowNormParams, rows, 112, i32);
CP_FIELD(RowNormParams, cols, 116, i32);
CP_FIELD(RowNormParams, type, 120, i32);
CP_FIELD(RowNormParams, kind, 124, i32);
CP_FIELD(RowNormParams, epsilon, 128, f32);
CP_FIELD(RowNormParams, perColumn, 132, f32);
CP_FIELD(RowNormParams, tileRows, 136, i32);
CP_FIELD(RowNormParams, tileCols, 140, i32);
CP_FIELD(RowNormParams, rowsPerShard, 144, i32);
CP_FIELD(RowNormParams, tileRowsPerShard, 148, i32);
CP_FIELD(RowNormParams, tileColumns, 152, i32);
CP_FIELD(RowNormParams, reserved, 156, i32);

}  // namespace counterpoint
