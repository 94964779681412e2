// Tile GEMM with fp32 input; the output type is a parameter.
#include "kernels/tile_table.cuh"

CP_TILE_TABLE(fp32_nk, Tf32, WeightsNk, 32)
CP_TILE_TABLE(fp32_kn, Tf32, WeightsKn, 32)
