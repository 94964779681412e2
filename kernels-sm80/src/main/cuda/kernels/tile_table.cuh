#pragma once
// The tile configurations of this module, once: rows, columns, rows and columns of a warp, stages,
// blocks for each multiprocessor. Every input type and weight layout has all of them, under names
// like tile_gemm_bf16_nk_128x256x64_s3, where the last extent is the K of one stage (128 bytes of
// it).

#include "kernels/tile_gemm.cuh"

#define CP_TILE_GEMM(NAME, INPUT, LAYOUT, ROWS, COLS, K, STAGES, WARP_ROWS, WARP_COLS, BLOCKS)     \
  extern "C" __global__ void __launch_bounds__(ROWS / WARP_ROWS * (COLS / WARP_COLS) * 32, BLOCKS) \
  tile_gemm_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES(                                            \
      const __grid_constant__ counterpoint::TileGemmParams p) {                                    \
    using namespace counterpoint;                                                                  \
    using Shape = TileShape<ROWS, COLS, WARP_ROWS, WARP_COLS, STAGES, BLOCKS>;                     \
    static_assert(K * INPUT::kBytes == kPanelBytes, "K as in the name");                           \
    tileGemm<INPUT, LAYOUT, Shape>(p);                                                             \
  }

#define CP_TILE_TABLE(NAME, INPUT, LAYOUT, K)                  \
  CP_TILE_GEMM(NAME, INPUT, LAYOUT, 128, 256, K, 3, 64, 64, 1) \
  CP_TILE_GEMM(NAME, INPUT, LAYOUT, 128, 128, K, 3, 64, 64, 2) \
  CP_TILE_GEMM(NAME, INPUT, LAYOUT, 64, 256, K, 3, 32, 64, 1)  \
  CP_TILE_GEMM(NAME, INPUT, LAYOUT, 64, 128, K, 3, 32, 64, 2)  \
  CP_TILE_GEMM(NAME, INPUT, LAYOUT, 32, 128, K, 4, 32, 32, 2)  \
  CP_TILE_GEMM(NAME, INPUT, LAYOUT, 16, 128, K, 4, 16, 32, 3)
