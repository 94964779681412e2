// Tile GEMM with fp16 input; the output type is a parameter.
#include "kernels/tile_table.cuh"

CP_TILE_TABLE(fp16_nk, Fp16, WeightsNk, 64)
CP_TILE_TABLE(fp16_kn, Fp16, WeightsKn, 64)
