// Candidates for tiles of E4M3.
#include "candidate_table.cuh"

CP_RELAYED_CANDIDATES(CP_RELAYED_TILE_GEMM)
