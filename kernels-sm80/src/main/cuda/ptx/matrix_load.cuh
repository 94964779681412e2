#pragma once
// ldmatrix: four 8 × 16-byte matrices from shared memory into the registers that mma reads.

#include "base/types.h"

namespace counterpoint {

// Lane l names row l % 8 of matrix l / 8; register i receives matrix i.
CP_DEVICE void loadMatrices(u32 (&r)[4], u32 rowAddress) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(rowAddress)
               : "memory");
}

// The same with each matrix transposed, as 8 × 8 pieces of two bytes.
CP_DEVICE void loadMatricesTransposed(u32 (&r)[4], u32 rowAddress) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(rowAddress)
               : "memory");
}

}  // namespace counterpoint
