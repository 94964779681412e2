// Tile GEMM with int8 input; the output type is a parameter.
#include "kernels/tile_table.cuh"

CP_TILE_TABLE(int8_nk, Int8, WeightsNk, 128)
CP_TILE_TABLE(int8_kn, Int8, WeightsKn, 128)
