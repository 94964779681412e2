// Tile GEMM with fp32 input; the output type is a parameter.
#include "kernels/tile_table.h"

CP_TILE_TABLE(fp32_nk, Fp32, true, 16)
CP_TILE_TABLE(fp32_kn, Fp32, false, 16)
