#pragma once
// Copies panels of one operand, one after the other, from global to shared memory by all threads of
// a block. A thread always handles the same chunk column, and rows a fixed step apart, so that four
// registers say all it has to know. What a panel covers beyond the operand is filled with zeros,
// which add nothing to a product.

#include "memory/panel.cuh"
#include "ptx/async_copy.cuh"
#include "ptx/memory.cuh"
#include "ptx/special.cuh"

namespace counterpoint {

// How all rows of an operand lie: constant while a kernel runs.
struct RowLayout {
  u64 base;       // some readable address, for narrow copies of no byte
  i64 pitch;      // bytes
  i32 alignment;  // greatest common to all rows: 16, 8, 4, 2 or 1
};

CP_DEVICE RowLayout rowLayout(u64 base, i64 pitch) {
  const u64 bits = (base | static_cast<u64>(pitch)) & 15;
  return {base, pitch, bits == 0 ? 16 : static_cast<i32>(bits & (0 - bits))};
}

// One chunk, element by element or by narrow asynchronous copies: for rows that do not begin at
// multiples of sixteen bytes, or end within a chunk. Slow, small, and rarely run.
CP_DEVICE void copyChunkUnaligned(u32 target, u64 source, i32 bytes, i32 alignment) {
#pragma unroll 1
  for (i32 at = 0; at < kChunk; at += minimum(alignment, 8)) {
    // Nothing is read beyond the valid bytes; the address stays readable all the same.
    const i32 left = maximum(0, bytes - at);
    const u64 from = left > 0 ? source + at : source;
    if (alignment >= 8) {
      copyAsyncNarrow<8>(target + at, from, minimum(left, 8));
    } else if (alignment == 4) {
      copyAsyncNarrow<4>(target + at, from, minimum(left, 4));
    } else if (alignment == 2) {
      // A row of an odd number of one-byte elements ends within the pair.
      storeSharedPlain<u16>(target + at,
                            left >= 2   ? loadPlain<u16>(from)
                            : left == 1 ? u16(loadPlain<u8>(from))
                                        : u16(0));
    } else {
      storeSharedPlain<u8>(target + at, left > 0 ? loadPlain<u8>(from) : u8(0));
    }
  }
}

template <class Panel, i32 THREADS>
struct PanelCopier {
  static constexpr i32 kChunksPerRow = Panel::kRowBytes / kChunk;
  static constexpr i32 kRowStep = THREADS / kChunksPerRow;
  static constexpr i32 kCopies = Panel::kRows / kRowStep;
  static_assert(THREADS % kChunksPerRow == 0, "a thread keeps its chunk column");
  static_assert(kRowStep % Panel::kPeriod == 0, "a thread's rows have one key");
  static_assert(Panel::kRows % kRowStep == 0, "all threads copy the same number of chunks");

  u64 from;       // this thread's first chunk of the panel to come
  i32 rowsLeft;   // of the operand, from this thread's first row on
  i32 bytesLeft;  // of a row, from this thread's chunk on

  // Begins with the panel at `origin`, which has this many rows and bytes of a row before it ends.
  CP_DEVICE void begin(u64 origin, i64 pitch, i32 rows, i32 rowBytes) {
    const i32 thread = threadAnew();
    const i32 row = thread / kChunksPerRow;
    const i32 byte = thread % kChunksPerRow * kChunk;
    from = origin + row * pitch + byte;
    rowsLeft = rows - row;
    bytesLeft = rowBytes - byte;
  }

  CP_DEVICE void advanceBytes(i32 bytes) {
    from += bytes;
    bytesLeft -= bytes;
  }

  CP_DEVICE void advanceRows(i32 rows, i64 pitch) {
    from += rows * pitch;
    rowsLeft -= rows;
  }

  CP_DEVICE void copy(u32 panel, const RowLayout& layout) const {
    const u32 target =
        panel + panelOffset<Panel>(threadIdx.x / kChunksPerRow, threadIdx.x % kChunksPerRow);
    const i32 rows = bytesLeft > 0 ? rowsLeft : 0;
    if (layout.alignment == 16 && (bytesLeft >= kChunk || bytesLeft <= 0)) {
#pragma unroll
      for (i32 i = 0; i < kCopies; i++) {
        copyAsync16(target + i * kRowStep * Panel::kRowBytes,
                    from + i * kRowStep * layout.pitch,
                    i * kRowStep < rows);
      }
    } else {
#pragma unroll 1
      for (i32 i = 0; i < kCopies; i++) {
        const bool valid = i * kRowStep < rows;
        copyChunkUnaligned(target + i * kRowStep * Panel::kRowBytes,
                           valid ? from + i * kRowStep * layout.pitch : layout.base,
                           valid ? minimum(kChunk, bytesLeft) : 0,
                           layout.alignment);
      }
    }
  }
};

}  // namespace counterpoint
