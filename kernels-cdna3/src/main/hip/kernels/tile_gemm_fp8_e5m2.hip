// Tile GEMM with fp8_e5m2 input; the output type is a parameter.
#include "kernels/tile_table.h"

CP_TILE_TABLE(fp8_e5m2_nk, E5m2, true, 64)
CP_TILE_TABLE(fp8_e5m2_kn, E5m2, false, 64)
