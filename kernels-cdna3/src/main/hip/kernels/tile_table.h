#pragma once
// The tile configurations of this module, once: rows, columns, rows and columns of a wave, stages,
// blocks for each compute unit. Every input type and weight layout has all of them, under names like
// tile_gemm_bf16_nk_128x128x32_s3, where the last extent is the K of one stage (64 bytes of it).

#include "kernels/matrix_engine.h"
#include "kernels/kernel.h"

#define CP_TILE_GEMM(NAME, INPUT, ALONG_K, ROWS, COLS, K, STAGES, WARP_ROWS, WARP_COLS, BLOCKS) \
  CP_KERNEL(tile_gemm_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES, TileGemmParams, 256, BLOCKS) { \
    using namespace counterpoint;                                                               \
    using Shape = TileShape<ROWS, COLS, WARP_ROWS, WARP_COLS, STAGES, BLOCKS>;                  \
    static_assert(K * INPUT::kBytes == kPanelBytes && Shape::kThreads == 256, "as in the name"); \
    tileGemm<INPUT, ALONG_K, Shape>(kernelParams<TileGemmParams>());                            \
  }

#define CP_TILE_TABLE(NAME, INPUT, ALONG_K, K)                  \
  CP_TILE_GEMM(NAME, INPUT, ALONG_K, 128, 256, K, 2, 64, 128, 1) \
  CP_TILE_GEMM(NAME, INPUT, ALONG_K, 128, 128, K, 3, 64, 64, 1) \
  CP_TILE_GEMM(NAME, INPUT, ALONG_K, 64, 128, K, 4, 32, 64, 1)  \
  CP_TILE_GEMM(NAME, INPUT, ALONG_K, 32, 128, K, 3, 32, 32, 2)  \
  CP_TILE_GEMM(NAME, INPUT, ALONG_K, 16, 128, K, 3, 16, 32, 2)
