#pragma once
// Parameters of tile_gemm_*: the operands, how the output is cut, and the four hooks.

#include "params/element_type.h"
#include "params/layout.h"
#include "params/wait.h"

namespace counterpoint {

// Elements along K, and columns of B, that share a factor.
constexpr i32 kScaleBlock = 128;

// Strides are in elements, tables by what their name says. A table that is 0 is a hook that is not
// there.
struct alignas(8) TileGemmParams {
  Operation operation;

  // Operands
  u64 a;  // [rows, k]
  u64 b;  // [cols, k] or [k, cols]
  u64 c;  // [windowRows, cols]
  u64 d;
  u64 bias;      // cols elements of the output type; 0 for none
  u64 rowScale;  // rows f32; 0 for none
  u64 colScale;  // cols f32; 0 for none
  i64 aStride;
  i64 bStride;
  i64 cStride;
  i64 dStride;
  i32 rows;
  i32 cols;
  i32 k;
  i32 outputType;  // ElementType of D, C and bias
  f32 alpha;
  f32 beta;         // C is read only when this is not 0
  i32 windowFirst;  // rows of the output to which C and bias are added
  i32 windowRows;

  // Tiling
  i32 shards;
  i32 rowsPerShard;
  i32 tileRowsPerShard;
  i32 tileColumns;

  // Order
  u64 order;       // orderBy 1: i32 by shard; orderBy 2: i32 by position
  i32 orderBy;     // 0: natural; 1: shards; 2: tiles
  i32 rasterRows;  // tile rows that share their columns of B in cache; at least 1

  // Splitting of K
  u64 partials;  // splits > 1: tiles * splits * tile elements of 4 bytes
  u64 arrivals;  // splits > 1: u32 by tile, 0 at first and after each launch
  i32 splits;    // blocks that share one tile; at least 1
  // Kernels whose blocks come in clusters, orderBy 2: length of `order` where that has empty
  // positions, ~tile beside a tile; otherwise 0, and a position for each tile.
  i32 positions;

  // Gate
  u64 gateWords;  // this rank's words; 0 for no gate
  u64 gateFirst;  // i32 by tile row
  u64 gateCount;  // i32 by tile row
  Target gateTarget;
  i32 gateArray;       // id for the fault record
  i32 clearanceArray;  // id for the fault record

  // Route
  u64 owners;  // u64 by shard: row 0 of the shard's matrix; 0 for none
  i64 ownerStride;
  u64 clearanceWords;  // this rank's words; 0 for none
  u64 clearanceIndex;  // i32 by shard
  Target clearanceTarget;
  u64 packedSlots;  // i32 by tile; 0 for none

  // Post
  u64 postIndex;  // i32 by tile; 0 for none
  u64 postWords;  // u64 by shard: the words of the rank that is told

  // Tracing
  u64 trace;  // TileSpan by unit; 0 for none

  // Factors of blocks of 128 of K, 8-bit floats only: for each row of A, and for each 128 columns
  // of B, whatever its layout. Both or none.
  u64 aScales;  // [rows, blocks of k] f32; 0 for none
  u64 bScales;  // [blocks of cols, blocks of k] f32; 0 for none
  i64 aScalesStride;
  i64 bScalesStride;
};

CP_SIZE(TileGemmParams, 376);
CP_FIELD(TileGemmParams, operation, 0, Operation);
CP_FIELD(TileGemmParams, a, 24, u64);
CP_FIELD(TileGemmParams, b, 32, u64);
CP_FIELD(TileGemmParams, c, 40, u64);
CP_FIELD(TileGemmParams, d, 48, u64);
CP_FIELD(TileGemmParams, bias, 56, u64);
CP_FIELD(TileGemmParams, rowScale, 64, u64);
CP_FIELD(TileGemmParams, colScale, 72, u64);
CP_FIELD(TileGemmParams, aStride, 80, i64);
CP_FIELD(TileGemmParams, bStride, 88, i64);
CP_FIELD(TileGemmParams, cStride, 96, i64);
CP_FIELD(TileGemmParams, dStride, 104, i64);
CP_FIELD(TileGemmParams, rows, 112, i32);
CP_FIELD(TileGemmParams, cols, 116, i32);
CP_FIELD(TileGemmParams, k, 120, i32);
CP_FIELD(TileGemmParams, outputType, 124, i32);
CP_FIELD(TileGemmParams, alpha, 128, f32);
CP_FIELD(TileGemmParams, beta, 132, f32);
CP_FIELD(TileGemmParams, windowFirst, 136, i32);
CP_FIELD(TileGemmParams, windowRows, 140, i32);
CP_FIELD(TileGemmParams, shards, 144, i32);
CP_FIELD(TileGemmParams, rowsPerShard, 148, i32);
CP_FIELD(TileGemmParams, tileRowsPerShard, 152, i32);
CP_FIELD(TileGemmParams, tileColumns, 156, i32);
CP_FIELD(TileGemmParams, order, 160, u64);
CP_FIELD(TileGemmParams, orderBy, 168, i32);
CP_FIELD(TileGemmParams, rasterRows, 172, i32);
CP_FIELD(TileGemmParams, partials, 176, u64);
CP_FIELD(TileGemmParams, arrivals, 184, u64);
CP_FIELD(TileGemmParams, splits, 192, i32);
CP_FIELD(TileGemmParams, positions, 196, i32);
CP_FIELD(TileGemmParams, gateWords, 200, u64);
CP_FIELD(TileGemmParams, gateFirst, 208, u64);
CP_FIELD(TileGemmParams, gateCount, 216, u64);
CP_FIELD(TileGemmParams, gateTarget, 224, Target);
CP_FIELD(TileGemmParams, gateArray, 248, i32);
CP_FIELD(TileGemmParams, clearanceArray, 252, i32);
CP_FIELD(TileGemmParams, owners, 256, u64);
CP_FIELD(TileGemmParams, ownerStride, 264, i64);
CP_FIELD(TileGemmParams, clearanceWords, 272, u64);
CP_FIELD(TileGemmParams, clearanceIndex, 280, u64);
CP_FIELD(TileGemmParams, clearanceTarget, 288, Target);
CP_FIELD(TileGemmParams, packedSlots, 312, u64);
CP_FIELD(TileGemmParams, postIndex, 320, u64);
CP_FIELD(TileGemmParams, postWords, 328, u64);
CP_FIELD(TileGemmParams, trace, 336, u64);
CP_FIELD(TileGemmParams, aScales, 344, u64);
CP_FIELD(TileGemmParams, bScales, 352, u64);
CP_FIELD(TileGemmParams, aScalesStride, 360, i64);
CP_FIELD(TileGemmParams, bScalesStride, 368, i64);

// When one unit of work was done.
struct alignas(8) TileSpan {
  u64 waitNanos;      // its gate was asked
  u64 startNanos;     // and passed
  u64 computedNanos;  // its sums are complete
  u64 endNanos;       // its stores are issued
  u64 postedNanos;    // it was posted, if it was
  i32 tile;
  i32 multiprocessor;
};

CP_SIZE(TileSpan, 48);
CP_FIELD(TileSpan, waitNanos, 0, u64);
CP_FIELD(TileSpan, startNanos, 8, u64);
CP_FIELD(TileSpan, computedNanos, 16, u64);
CP_FIELD(TileSpan, endNanos, 24, u64);
CP_FIELD(TileSpan, postedNanos, 32, u64);
CP_FIELD(TileSpan, tile, 40, i32);
CP_FIELD(TileSpan, multiprocessor, 44, i32);

}  // namespace counterpoint
