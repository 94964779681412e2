// Tile GEMM with int8 input; the output type is a parameter. Weights are [N, K]: the tensor
// core does not transpose bytes, and kernels-sm80 serves [K, N].
#include "kernels/tile_table_sm90.cuh"

CP_TILES(CP_TILE_GEMM, int8_nk, Int8, false, 128)
