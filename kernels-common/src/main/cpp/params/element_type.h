#pragma once
// Element types as parameter blocks name them; the order is that of dev.counterpoint.DType.

#include "base/types.h"

namespace counterpoint {

enum ElementType : i32 {
  kFp32 = 0,
  kFp16 = 1,
  kBf16 = 2,
  kFp8E4m3 = 3,
  kFp8E5m2 = 4,
  kInt8 = 5,
  kInt32 = 6,
};

}  // namespace counterpoint
