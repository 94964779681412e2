// Tile GEMM with fp16 input; the output type is a parameter.
#include "kernels/tile_table_sm90.cuh"

CP_TILES(CP_TILE_GEMM, fp16_nk, Fp16, false, 64)
CP_TILES(CP_TILE_GEMM, fp16_kn, Fp16, true, 64)
