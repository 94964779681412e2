// Tile GEMM with fp8_e4m3 input; the output type is a parameter. Weights are [N, K]: the tensor
// core does not transpose bytes, and kernels-sm80 serves [K, N].
#include "kernels/tile_table_sm90.cuh"

CP_TILES(CP_TILE_GEMM, fp8_e4m3_nk, E4m3, false, 128)
