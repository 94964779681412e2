// Tile GEMM with bf16 input; the output type is a parameter.
#include "kernels/tile_table_sm90.cuh"

CP_TILES(CP_TILE_GEMM, bf16_nk, Bf16, false, 64)
CP_TILES(CP_TILE_GEMM, bf16_kn, Bf16, true, 64)
