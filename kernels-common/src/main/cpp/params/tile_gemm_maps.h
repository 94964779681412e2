#pragma once
// What kernels with a tensor copy engine need beside TileGemmParams: a description of A and one of
// B, made by the driver (cuTensorMapEncodeTiled) and opaque here. They are the second parameter of
// the kernel, so that a captured launch carries them along with the operands' addresses.

#include "params/layout.h"

namespace counterpoint {

// 128 bytes that only the driver writes and only the copy engine reads.
struct alignas(64) TensorMap {
  u64 opaque[16];
};

CP_SIZE(TensorMap, 128);

struct alignas(64) TileGemmMaps {
  TensorMap a;
  TensorMap b;
};

CP_SIZE(TileGemmMaps, 256);
CP_FIELD(TileGemmMaps, a, 0, TensorMap);
CP_FIELD(TileGemmMaps, b, 128, TensorMap);

}  // namespace counterpoint
