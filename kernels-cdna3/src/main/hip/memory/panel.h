#pragma once
// How a panel of an operand lies in LDS: rows of four 16-byte chunks along K, two rows to a full
// line of banks, each row's chunks permuted by an exclusive or with a key of its row, so that the
// eight lanes which are served together find eight different groups of banks.

#include "base/types.h"

namespace counterpoint {

constexpr i32 kChunk = 16;
// Every panel covers this many bytes of K, whatever the element.
constexpr i32 kPanelBytes = 64;
constexpr i32 kChunks = kPanelBytes / kChunk;

// A, and B by columns, whichever way B lies in global memory.
template <i32 ROWS>
struct AlongK {
  static constexpr i32 kRows = ROWS;
  static constexpr i32 kBytes = ROWS * kPanelBytes;
  static CP_DEVICE i32 key(i32 row) { return row >> 1 & 3; }
};

// Byte offset of a chunk within its panel.
template <class Panel>
CP_DEVICE u32 panelOffset(i32 row, i32 chunk) {
  return row * kPanelBytes + ((chunk ^ Panel::key(row)) * kChunk);
}

}  // namespace counterpoint
