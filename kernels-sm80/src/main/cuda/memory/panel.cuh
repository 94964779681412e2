#pragma once
// How a panel of an operand lies in shared memory: rows of 16-byte chunks, each row's chunks
// permuted by an exclusive or with a key of its row, so that the eight rows which one load touches
// together fall into eight different groups of banks.

#include "base/types.h"

namespace counterpoint {

constexpr i32 kChunk = 16;
// Every panel covers this many bytes of K, whatever the element: one full line of banks.
constexpr i32 kPanelBytes = 128;
// Bytes of K that one mma consumes.
constexpr i32 kStepBytes = 32;
constexpr i32 kSteps = kPanelBytes / kStepBytes;

// Rows of an operand that lies along K (A; B as [N, K]).
template <i32 ROWS>
struct AlongK {
  static constexpr i32 kRows = ROWS;
  static constexpr i32 kRowBytes = kPanelBytes;
  // Rows after which the keys repeat.
  static constexpr i32 kPeriod = 8;
  static CP_DEVICE i32 key(i32 row) { return row & 7; }
};

// Rows of an operand that lies along N (B as [K, N]): a row is one k. Which rows are read together
// depends on how wide the element is.
template <i32 COLS, i32 ELEMENT_BYTES>
struct AlongN {
  static constexpr i32 kRows = kPanelBytes / ELEMENT_BYTES;
  static constexpr i32 kRowBytes = COLS * ELEMENT_BYTES;
  static constexpr i32 kPeriod = ELEMENT_BYTES == 1 ? 16 : ELEMENT_BYTES == 2 ? 8 : 4;
  static CP_DEVICE i32 key(i32 k) {
    if constexpr (ELEMENT_BYTES == 1) {
      return (k >> 1 & 6) | (k & 1);  // rows 0, 1, 4, 5, 8, 9, 12, 13 and the other eight
    } else if constexpr (ELEMENT_BYTES == 2) {
      return k & 7;  // eight consecutive rows
    } else {
      return 2 * (k & 3);  // four consecutive rows, two chunks of each
    }
  }
};

// Byte offset of a chunk within its panel.
template <class Panel>
CP_DEVICE u32 panelOffset(i32 row, i32 chunk) {
  return row * Panel::kRowBytes + ((chunk ^ Panel::key(row)) * kChunk);
}

}  // namespace counterpoint
