#pragma once
// What the main loop of one unit of work multiplies.

#include "base/types.h"

namespace counterpoint {

// Rectangles of A and B from the first panel on, and the number of panels.
struct Operands {
  u64 a;
  u64 b;
  i32 aRows;
  i32 aRowBytes;
  i32 bRows;
  i32 bRowBytes;
  i32 panels;
};

// Where a unit begins in A · B, and which of its panels is next.
struct UnitOrigin {
  i32 row;
  i32 col;
  i32 panel;
};

}  // namespace counterpoint
