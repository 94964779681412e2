#pragma once
// The tile configurations of this module, once: rows, columns, stages, blocks of a cluster, who
// shares a tile, which operand comes first, outboxes. Names are like
// tile_gemm_sm90_bf16_nk_128x256x64_s3_c2_o2: the last extent is the K of one stage (128 bytes of
// it), then stages, cluster and outboxes.

#include "kernels/tile_gemm_sm90.cuh"

#define CP_RELAYED_TILE_GEMM(                                                                   \
    NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES, RELAY) \
  extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1)                                    \
      __launch_bounds__(counterpoint::kThreads, 1)                                              \
          tile_gemm_sm90_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES##_c##CLUSTER##_o##OUTBOXES( \
              const __grid_constant__ counterpoint::TileGemmParams p,                           \
              const __grid_constant__ counterpoint::TileGemmMaps maps) {                        \
    using namespace counterpoint;                                                               \
    static_assert(K * INPUT::kBytes == kPanelBytes, "K as in the name");                        \
    using Tiles = Shape<INPUT,                                                                  \
                        ACROSS,                                                                 \
                        ROWS,                                                                   \
                        COLS,                                                                   \
                        STAGES,                                                                 \
                        CLUSTER,                                                                \
                        SHARING,                                                                \
                        ORIENTATION,                                                            \
                        OUTBOXES,                                                               \
                        RELAY>;                                                                 \
    tileGemm<Tiles>(p, maps);                                                                   \
  }

// With the relay that ships.
#define CP_TILE_GEMM(...) CP_RELAYED_TILE_GEMM(__VA_ARGS__, kFromMiddle)

// APPLY(…, rows, columns, stages, cluster, sharing, orientation, outboxes) for every tile.
#define CP_TILES(APPLY, ...)                                   \
  APPLY(__VA_ARGS__, 128, 256, 3, 2, kTogether, kRowsFirst, 2) \
  APPLY(__VA_ARGS__, 128, 128, 6, 2, kInTurns, kRowsFirst, 0)  \
  APPLY(__VA_ARGS__, 64, 256, 5, 1, kInTurns, kRowsFirst, 0)   \
  APPLY(__VA_ARGS__, 64, 128, 8, 1, kTogether, kColsFirst, 0)  \
  APPLY(__VA_ARGS__, 32, 128, 10, 1, kTogether, kColsFirst, 0) \
  APPLY(__VA_ARGS__, 16, 128, 10, 1, kTogether, kColsFirst, 0)
