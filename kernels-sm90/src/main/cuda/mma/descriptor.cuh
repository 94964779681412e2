#pragma once
// How wgmma is told where an operand lies in shared memory.

#include "base/types.h"

namespace counterpoint {

// An operand in shared memory in pieces of eight rows of 128 bytes, chunks permuted as the copy
// engine's 128-byte swizzle does; pieces begin at multiples of 1024 bytes.
//
// Along K: a row holds 128 bytes of K of one row of A or column of B; `groupStride` bytes lead from
// eight such rows to the next eight, `spanStride` means nothing. A product takes 32 bytes of each
// row: later ones begin 32, 64 or 96 bytes further.
// Across K: a row is one k and holds 64 elements of 16 bits; `groupStride` leads from eight k to
// the next eight, `spanStride` from 64 elements to the next 64.
CP_DEVICE u64 operandDescriptor(u32 address, u32 groupStride, u32 spanStride) {
  constexpr u64 kSwizzle128 = 1;
  return static_cast<u64>((address & 0x3ffff) >> 4) | static_cast<u64>(spanStride >> 4) << 16 |
         static_cast<u64>(groupStride >> 4) << 32 | kSwizzle128 << 62;
}

// The descriptor of what lies so many bytes further.
CP_DEVICE u64 descriptorBeyond(u64 descriptor, u32 bytes) {
  return descriptor + (bytes >> 4);
}

}  // namespace counterpoint
