// Candidates for tiles of bf16.
#include "candidate_table.cuh"

CP_CANDIDATES(CP_TILE_GEMM, bf16_nk, Bf16, false, 64)
CP_CANDIDATES(CP_TILE_GEMM, bf16_kn, Bf16, true, 64)
