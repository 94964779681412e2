// Tile GEMM with fp8_e5m2 input; the output type is a parameter.
#define CP_FP8 1
#include "kernels/tile_table.cuh"

CP_TILE_TABLE(fp8_e5m2_nk, E5m2, WeightsNk, 128)
CP_TILE_TABLE(fp8_e5m2_kn, E5m2, WeightsKn, 128)
