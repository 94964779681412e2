#include "kernels.h"

#include <map>

#include "kernels/tile_table.cuh"
#include "params/all_reduce.h"
#include "params/row_norm.h"
#include "params/signal.h"
#include "params/tile_reduce.h"
#include "params/transfer.h"

static std::map<std::string, ModelKernel>& all() {
  static std::map<std::string, ModelKernel> kernels;
  return kernels;
}

template <class Params>
struct Registration {
  Registration(const char* name, void (*kernel)(Params)) {
    all()[name] = {name, [kernel](const void* parameters) {
                     const Params copy = *static_cast<const Params*>(parameters);
                     return [kernel, copy] { kernel(copy); };
                   }};
  }
};

#define REGISTER(NAME, PARAMS)                        \
  extern "C" void NAME(counterpoint::PARAMS);         \
  static const Registration<counterpoint::PARAMS> register_##NAME(#NAME, NAME);

REGISTER(tile_reduce, TileReduceParams)
REGISTER(all_reduce_one_shot, AllReduceParams)
REGISTER(all_reduce_two_shot, AllReduceParams)
REGISTER(all_reduce_bulk, AllReduceParams)
REGISTER(row_norm, RowNormParams)
REGISTER(put, PutParams)
REGISTER(unpack, UnpackParams)
REGISTER(fill, FillParams)
REGISTER(signal_set, SignalSetParams)
REGISTER(signal_add, SignalAddParams)
REGISTER(epoch_advance, EpochAdvanceParams)
REGISTER(await_words, AwaitParams)
REGISTER(barrier_ranks, BarrierParams)

// The lines that make the kernels in their own files name them here.
#undef CP_TILE_GEMM
#define CP_TILE_GEMM(NAME, INPUT, LAYOUT, ROWS, COLS, K, STAGES, WARP_ROWS, WARP_COLS, BLOCKS) \
  REGISTER(tile_gemm_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES, TileGemmParams)

#include "kernels/tile_gemm_bf16.cu"
#include "kernels/tile_gemm_fp16.cu"
#include "kernels/tile_gemm_fp32.cu"
#include "kernels/tile_gemm_fp8_e4m3.cu"
#include "kernels/tile_gemm_fp8_e5m2.cu"
#include "kernels/tile_gemm_int8.cu"

const ModelKernel* findKernel(const std::string& name) {
  const auto found = all().find(name);
  return found == all().end() ? nullptr : &found->second;
}
