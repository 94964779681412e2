// Tile GEMM with int8 input; the output type is a parameter.
#include "kernels/tile_table.h"

CP_TILE_TABLE(int8_nk, Int8, true, 64)
CP_TILE_TABLE(int8_kn, Int8, false, 64)
