#pragma once
// Copies panels of one operand, one after the other, from global memory to LDS by all threads of a
// block. What a panel covers beyond K is filled with zeros, which add nothing to a product. Beyond
// the last row of A or column of B it repeats that one: those sums are not stored.
//
// A copier begins with a unit's first panel; start() begins to copy the next one into a free stage,
// finish() ends that as far as registers take part. Loads past the registers are awaited by count:
// kAsync for each panel, or all when there are fewer.

#include "amdgcn/async_copy.h"
#include "copy/transpose.h"
#include "memory/panel.h"

namespace counterpoint {

// How all rows of an operand lie: constant while a kernel runs.
struct RowLayout {
  i64 pitch;      // bytes
  i32 alignment;  // greatest common to all rows: 16, 8, 4, 2 or 1
};

CP_DEVICE RowLayout rowLayout(u64 base, i64 pitch) {
  const u64 bits = (base | static_cast<u64>(pitch)) & 15;
  return {pitch, bits == 0 ? 16 : static_cast<i32>(bits & (0 - bits))};
}

// One panel in pieces of T, at once, by all threads: for rows that are aligned no better, or end
// within the panel. `bytes` is a multiple of T's. Slow, small, and rarely run.
template <class Input, class Panel, i32 THREADS, class T>
CP_DEVICE void copyPanelPieces(u32 panel, u64 from, i64 pitch, i32 rows, i32 bytes) {
  constexpr i32 kPieces = kPanelBytes / static_cast<i32>(sizeof(T));
  constexpr i32 kRowStep = THREADS / kPieces;
  const i32 byte = threadIndex() % kPieces * static_cast<i32>(sizeof(T));
  const bool valid = byte < bytes;
  from += valid ? byte : 0;
#pragma unroll 2
  for (i32 row = threadIndex() / kPieces; row < Panel::kRows; row += kRowStep) {
    const T piece = loadPlain<T>(from + minimum(row, rows - 1) * pitch);
    storeShared<T>(panel + panelOffset<Panel>(row, byte / kChunk) + byte % kChunk,
                   static_cast<T>(valid ? Input::convert(piece) : 0));
  }
}

template <class Input, class Panel, i32 THREADS>
CP_DEVICE void copyPanelSlowly(
    u32 panel, u64 from, const RowLayout& layout, i32 rows, i32 bytes) {
  using Element = typename PairOf<Input::kBytes>::Element;
  if (Input::kBytes == 4 || (layout.alignment >= 4 && minimum(bytes, kPanelBytes) % 4 == 0)) {
    copyPanelPieces<Input, Panel, THREADS, u32>(panel, from, layout.pitch, rows, bytes);
  } else if constexpr (Input::kBytes < 4) {
    copyPanelPieces<Input, Panel, THREADS, Element>(panel, from, layout.pitch, rows, bytes);
  }
  // Later waits count on it that nothing of this is left, nor of what came before.
  awaitVectorMemory<0>();
}

// Along K, past the registers: each wave's load fills 256 consecutive bytes of LDS, four rows, and
// its lanes pick the bytes that belong there. What differs from load to load is a row offset for
// each lane, kept for the unit, and from panel to panel a scalar address.
template <class Input, class Panel, i32 THREADS>
struct DirectCopier {
  static constexpr i32 kLoads = Panel::kBytes / (THREADS * 4);
  static constexpr i32 kAsync = kLoads;
  static constexpr i32 kRowStep = THREADS * 4 / kPanelBytes;
  static_assert(Panel::kBytes % (THREADS * 4) == 0, "all waves load the same");
  static_assert(kRowStep % 8 == 0, "all rows of a lane have one key");

  u64 from;       // the panel to come
  i32 rows;       // of the operand, from the panel's first row on
  i32 bytesLeft;  // of a row, from the panel on
  bool direct;
  u32 offset[kLoads];

  CP_DEVICE void begin(u64 origin, const RowLayout& layout, i32 rowCount, i32 rowBytes) {
    from = origin;
    rows = rowCount;
    bytesLeft = rowBytes;
    // Offsets have 32 bits.
    direct = layout.alignment >= 4 && layout.pitch < (1ll << 31) / Panel::kRows;
    const i32 row = threadIndex() / 16;
    const i32 position = threadIndex() / 4 % kChunks;
    const u32 inRow = (position ^ Panel::key(row)) * kChunk + threadIndex() % 4 * 4;
#pragma unroll
    for (i32 i = 0; i < kLoads; i++) {
      offset[i] =
          static_cast<u32>(minimum(row + i * kRowStep, rows - 1)) * static_cast<u32>(layout.pitch) +
          inRow;
    }
  }

  CP_DEVICE void start(u32 panel, const RowLayout& layout) {
    if (direct && bytesLeft >= kPanelBytes) {
      const u32 target = uniform(static_cast<i32>(panel)) + warpIndex() * (kWarp * 4);
      const u64 base = uniform(from);
#pragma unroll
      for (i32 i = 0; i < kLoads; i++) {
        copyAsync4(target + i * (THREADS * 4), base, offset[i]);
      }
    } else {
      copyPanelSlowly<Input, Panel, THREADS>(panel, from, layout, rows, bytesLeft);
    }
    from += kPanelBytes;
    bytesLeft -= kPanelBytes;
  }

  CP_DEVICE void finish(u32) {}
};

// Along K through registers, where bytes are converted: the loads of a panel are under way while
// the one before is multiplied.
template <class Input, class Panel, i32 THREADS>
struct ConvertingCopier {
  static constexpr i32 kAsync = 0;
  static constexpr i32 kRowStep = THREADS / kChunks;
  static constexpr i32 kHeld = (Panel::kRows + kRowStep - 1) / kRowStep;

  u64 from;
  i32 rows;
  i32 bytesLeft;
  bool held;
  u32x4 chunk[kHeld];

  CP_DEVICE void begin(u64 origin, const RowLayout&, i32 rowCount, i32 rowBytes) {
    from = origin;
    rows = rowCount;
    bytesLeft = rowBytes;
  }

  static CP_DEVICE bool takesPart(i32 row) {
    return Panel::kRows % kRowStep == 0 || row < Panel::kRows;
  }

  CP_DEVICE void start(u32 panel, const RowLayout& layout) {
    const i32 first = threadIndex() / kChunks;
    const i32 byte = threadIndex() % kChunks * kChunk;
    held = layout.alignment >= 4 && bytesLeft >= kPanelBytes;
    if (held) {
#pragma unroll
      for (i32 i = 0; i < kHeld; i++) {
        const i32 row = minimum(first + i * kRowStep, rows - 1);
        chunk[i] = __builtin_bit_cast(u32x4, loadVector(from + row * layout.pitch + byte));
      }
    } else {
      copyPanelSlowly<Input, Panel, THREADS>(panel, from, layout, rows, bytesLeft);
    }
    from += kPanelBytes;
    bytesLeft -= kPanelBytes;
  }

  CP_DEVICE void finish(u32 panel) {
    if (!held) {
      return;
    }
    const i32 first = threadIndex() / kChunks;
    const u32 target = panel + panelOffset<Panel>(first, threadIndex() % kChunks);
#pragma unroll
    for (i32 i = 0; i < kHeld; i++) {
      if (takesPart(first + i * kRowStep)) {
        u32x4 words = chunk[i];
#pragma unroll
        for (i32 word = 0; word < 4; word++) {
          words[word] = Input::convert(words[word]);
        }
        storeShared(target + i * kRowStep * kPanelBytes, words);
      }
    }
  }
};

// B as [K, N]: patches of two columns and sixteen bytes of K go through registers, where they are
// turned. In LDS they lie as those of [N, K] do.
template <class Input, class Panel, i32 THREADS>
struct TransposingCopier {
  static constexpr i32 kAsync = 0;
  static constexpr i32 kBytes = Input::kBytes;
  static constexpr i32 kDeep = kChunk / kBytes;  // k of a patch
  static constexpr i32 kPanelK = kPanelBytes / kBytes;
  static constexpr i32 kPairStep = THREADS / kChunks;
  static constexpr i32 kPatches = Panel::kRows / 2 / kPairStep;
  static_assert(Panel::kRows / 2 % kPairStep == 0, "all threads hold the same number");
  using Pair = typename PairOf<kBytes>::Type;

  u64 from;
  i32 cols;
  i32 rowsLeft;  // k
  bool held;
  Pair pair[kPatches][kDeep];

  CP_DEVICE void begin(u64 origin, const RowLayout&, i32 rowCount, i32 rowBytes) {
    from = origin;
    cols = rowBytes / kBytes;
    rowsLeft = rowCount;
  }

  // Two columns are a lane's, and lanes of a wave are side by side.
  static CP_DEVICE i32 firstPair() { return threadIndex() % kPairStep; }
  static CP_DEVICE i32 firstChunk() { return threadIndex() / kPairStep; }

  CP_DEVICE void start(u32 panel, const RowLayout& layout) {
    const i32 firstK = firstChunk() * kDeep;
    held = layout.alignment >= 2 * kBytes && cols % 2 == 0 && rowsLeft >= kPanelK;
#pragma unroll
    for (i32 patch = 0; patch < kPatches; patch++) {
      const i32 col = (firstPair() + patch * kPairStep) * 2;
      if (held) {
        const u64 source =
            from + firstK * layout.pitch + static_cast<i64>(minimum(col, cols - 2)) * kBytes;
#pragma unroll
        for (i32 k = 0; k < kDeep; k++) {
          pair[patch][k] = loadPlain<Pair>(source + k * layout.pitch);
        }
      } else {
        // Element by element, at once.
#pragma unroll 1
        for (i32 c = col; c < col + 2; c++) {
          const u64 source = from + static_cast<i64>(minimum(c, cols - 1)) * kBytes;
          const u32 target = panel + panelOffset<Panel>(c, firstChunk());
#pragma unroll 4
          for (i32 k = 0; k < kDeep; k++) {
            using Element = typename PairOf<kBytes>::Element;
            const bool valid = firstK + k < rowsLeft;
            const u32 element =
                valid ? loadPlain<Element>(source + (firstK + k) * layout.pitch) : Element(0);
            storeShared<Element>(target + k * kBytes,
                                 static_cast<Element>(Input::convert(element)));
          }
        }
      }
    }
    if (!held) {
      awaitVectorMemory<0>();
    }
    from += kPanelK * layout.pitch;
    rowsLeft -= kPanelK;
  }

  // Neighbouring columns are neighbouring rows of LDS, of which even ones find only half of the
  // banks: every other four lanes write their odd column first.
  CP_DEVICE void finish(u32 panel) {
    if (!held) {
      return;
    }
#pragma unroll
    for (i32 patch = 0; patch < kPatches; patch++) {
      const i32 col = (firstPair() + patch * kPairStep) * 2;
      const i32 swap = col >> 3 & 1;
      u32x4 even;
      u32x4 odd;
      transpose(pair[patch], even, odd);
#pragma unroll
      for (i32 word = 0; word < 4; word++) {
        even[word] = Input::convert(even[word]);
        odd[word] = Input::convert(odd[word]);
      }
      storeShared(panel + panelOffset<Panel>(col + swap, firstChunk()), swap ? odd : even);
      storeShared(panel + panelOffset<Panel>(col + 1 - swap, firstChunk()), swap ? even : odd);
    }
  }
};

}  // namespace counterpoint
