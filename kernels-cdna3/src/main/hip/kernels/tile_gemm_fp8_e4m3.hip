// Tile GEMM with fp8_e4m3 input; the output type is a parameter.
#include "kernels/tile_table.h"

CP_TILE_TABLE(fp8_e4m3_nk, E4m3, true, 64)
CP_TILE_TABLE(fp8_e4m3_kn, E4m3, false, 64)
