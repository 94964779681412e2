// Tile GEMM with fp16 input; the output type is a parameter.
#include "kernels/tile_table.h"

CP_TILE_TABLE(fp16_nk, Fp16, true, 32)
CP_TILE_TABLE(fp16_kn, Fp16, false, 32)
