// Tile GEMM with fp8_e4m3 input; the output type is a parameter.
#define CP_FP8 1
#include "kernels/tile_table.cuh"

CP_TILE_TABLE(fp8_e4m3_nk, E4m3, WeightsNk, 128)
CP_TILE_TABLE(fp8_e4m3_kn, E4m3, WeightsKn, 128)
