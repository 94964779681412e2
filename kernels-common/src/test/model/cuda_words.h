#pragma once
// The words of CUDA that kernels use outside their ptx folder, for a host compiler; included before
// everything else.

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __grid_constant__

#include "machine.h"

#define threadIdx (::model::current->index)
#define blockIdx (::model::current->block->index)
#define gridDim (::model::gridSize())
#define blockDim (::model::blockSize())

namespace model {

inline Index3 gridSize() {
  return {machine->launch.grid, 1, 1};
}
inline Index3 blockSize() {
  return {machine->launch.threads, 1, 1};
}

// Every lane of the calling warp, or every thread of its block, calls; the result is the same for
// all.
bool warpAll(const char* operation, bool value);
bool blockReduce(const char* operation, bool value, bool any);
// What another lane of the calling warp passes.
float warpShuffle(const char* operation, float value, u32 lane);
// The sum in the order of sumBlock: a tree within each warp, then warp after warp.
float blockSum(const char* operation, float value);

template <class To, class From>
To bitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From), "as many bits");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace model

inline void __syncthreads() {
  model::blockReduce("__syncthreads", true, false);
}
inline int __syncthreads_and(int value) {
  return model::blockReduce("__syncthreads_and", value != 0, false);
}
inline int __syncthreads_or(int value) {
  return model::blockReduce("__syncthreads_or", value != 0, true);
}
inline void __syncwarp() {
  model::warpAll("__syncwarp", true);
}
inline int __all_sync(unsigned, int value) {
  return model::warpAll("__all_sync", value != 0);
}
template <class T>
T __ldg(const T* address) {
  return *address;
}
inline unsigned __float_as_uint(float value) {
  return model::bitsAs<unsigned>(value);
}
inline float __uint_as_float(unsigned value) {
  return model::bitsAs<float>(value);
}
// Byte i of the result is byte `selector` >> 4 · i of the eight in (b, a).
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  const std::uint64_t bytes = a | static_cast<std::uint64_t>(b) << 32;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; i++) {
    result |= static_cast<unsigned>(bytes >> 8 * (selector >> 4 * i & 7) & 0xff) << 8 * i;
  }
  return result;
}
