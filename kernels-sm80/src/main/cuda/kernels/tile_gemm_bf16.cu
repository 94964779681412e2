// Tile GEMM with bf16 input; the output type is a parameter.
#include "kernels/tile_table.cuh"

CP_TILE_TABLE(bf16_nk, Bf16, WeightsNk, 64)
CP_TILE_TABLE(bf16_kn, Bf16, WeightsKn, 64)
