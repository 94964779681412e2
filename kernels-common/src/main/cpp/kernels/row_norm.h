#pragma once
// Rows normalised, one to a block at a time. Each is read two or three times, from the second time
// on out of the caches; a thread always has the same groups of eight columns, whatever the input's
// layout, so that that changes no bit, and output and sum may lie where input and residual do.

#include "epilogue/elements.h"
#include "params/row_norm.h"
#include "signal/fault.h"

namespace counterpoint {

// Where one row of the input lies.
struct NormRow {
  i32 row;
  u64 start;      // of the row, or of its first column in block 0
  i32 firstTile;  // whose slot counts; packed only
};

CP_DEVICE NormRow normRow(const RowNormParams& p, i32 row) {
  const i32 bytes = elementBytes(p.type);
  if (p.slots == 0) {
    return {row, p.input + row * p.inputStride * bytes, 0};
  }
  const i32 shard = row / p.rowsPerShard;
  const i32 rowInShard = row - shard * p.rowsPerShard;
  const i32 tileRow = rowInShard / p.tileRows;
  const i32 rowInTile = rowInShard - tileRow * p.tileRows;
  return {row,
          p.input + static_cast<i64>(rowInTile) * p.tileCols * bytes,
          (shard * p.tileRowsPerShard + tileRow) * p.tileColumns};
}

// Eight columns as they are normalised: input plus residual, rounded once to the type.
CP_DEVICE void loadNormed(
    f32 (&h)[kEight], const RowNormParams& p, const NormRow& at, i32 col, i32 count) {
  const i32 bytes = elementBytes(p.type);
  u64 address = at.start + static_cast<i64>(col) * bytes;
  i64 pitch = p.inputStride;
  if (p.slots != 0) {
    const i32 tile = col / p.tileCols;
    const i64 block = tableEntry(p.slots, at.firstTile + tile);
    // Blocks before this one, less the columns of tiles before it.
    address += (block * p.tileRows - tile) * p.tileCols * bytes;
    pitch = p.tileCols;
  }
  u32 words[kEight];
  loadEight(words, address, p.type, count, isAligned(p.input, pitch, bytes));
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    h[i] = floatOf(words[i]);
  }
  if (p.residual == 0) {
    return;
  }
  loadEight(words,
            p.residual + (at.row * p.residualStride + col) * bytes,
            p.type,
            count,
            isAligned(p.residual, p.residualStride, bytes));
#pragma unroll
  for (i32 i = 0; i < kEight; i++) {
    h[i] += floatOf(words[i]);
  }
  if (bytes == 2) {
#pragma unroll
    for (i32 i = 0; i < kEight; i += 2) {
      const u32 pair = narrow(h[i], h[i + 1], p.type);
      h[i] = floatOf(widen(static_cast<u16>(pair), p.type));
      h[i + 1] = floatOf(widen(static_cast<u16>(pair >> 16), p.type));
    }
  }
}

// The mean over the row of the elements, or of the squares of their distances from `centre`.
template <bool SQUARES>
CP_DEVICE f32 meanOfRow(const RowNormParams& p, const NormRow& at, f32 centre) {
  f32 total = 0;
#pragma unroll 1
  for (i32 col = threadIndex() * kEight; col < p.cols; col += blockThreads() * kEight) {
    const i32 count = minimum(kEight, p.cols - col);
    f32 h[kEight];
    loadNormed(h, p, at, col, count);
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      const f32 distance = h[i] - centre;
      total += i < count ? (SQUARES ? distance * distance : h[i]) : 0;
    }
  }
  return sumBlock(total) * p.perColumn;
}

CP_DEVICE void storeNormed(const RowNormParams& p, const NormRow& at, f32 mean, f32 scale) {
  const i32 bytes = elementBytes(p.type);
#pragma unroll 1
  for (i32 col = threadIndex() * kEight; col < p.cols; col += blockThreads() * kEight) {
    const i32 count = minimum(kEight, p.cols - col);
    f32 h[kEight];
    loadNormed(h, p, at, col, count);
    u32 words[kEight];
    if (p.sum != 0) {
#pragma unroll
      for (i32 i = 0; i < kEight; i++) {
        words[i] = bitsOf(h[i]);
      }
      storeEight(p.sum + (at.row * p.sumStride + col) * bytes,
                 words,
                 p.type,
                 count,
                 isAligned(p.sum, p.sumStride, bytes));
    }
    loadEight(words, p.weight + static_cast<i64>(col) * bytes, p.type, count, (p.weight & 15) == 0);
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      h[i] = (h[i] - mean) * scale * floatOf(words[i]);
    }
    if (p.bias != 0) {
      loadEight(words, p.bias + static_cast<i64>(col) * bytes, p.type, count, (p.bias & 15) == 0);
#pragma unroll
      for (i32 i = 0; i < kEight; i++) {
        h[i] += floatOf(words[i]);
      }
    }
#pragma unroll
    for (i32 i = 0; i < kEight; i++) {
      words[i] = bitsOf(h[i]);
    }
    storeEight(p.output + (at.row * p.outputStride + col) * bytes,
               words,
               p.type,
               count,
               isAligned(p.output, p.outputStride, bytes));
  }
}

CP_DEVICE void rowNorm(const RowNormParams& p) {
  if (syncAny(hasFailed(p.operation))) {
    return;
  }
#pragma unroll 1
  for (i32 row = blockIndex(); row < p.rows; row += blockCount()) {
    const NormRow at = normRow(p, row);
    const f32 mean = p.kind == kLayerNorm ? meanOfRow<false>(p, at, 0) : 0;
    const f32 square = meanOfRow<true>(p, at, mean);
    storeNormed(p, at, mean, reciprocalRoot(square + p.epsilon));
  }
}

}  // namespace counterpoint
