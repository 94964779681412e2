// Tile GEMM with bf16 input; the output type is a parameter.
#include "kernels/tile_table.h"

CP_TILE_TABLE(bf16_nk, Bf16, true, 32)
CP_TILE_TABLE(bf16_kn, Bf16, false, 32)
