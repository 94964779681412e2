// Tile GEMM with fp8_e5m2 input; the output type is a parameter. Weights are [N, K]: the tensor
// core does not transpose bytes, and kernels-sm80 serves [K, N].
#include "kernels/tile_table_sm90.cuh"

CP_TILES(CP_TILE_GEMM, fp8_e5m2_nk, E5m2, false, 128)
