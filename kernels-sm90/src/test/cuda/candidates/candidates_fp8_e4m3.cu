// Candidates for tiles of E4M3.
#include "candidate_table.cuh"

#define CP_RELAYED(                                                                               \
    NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES, RELAY)   \
  extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1)                                      \
      __launch_bounds__(counterpoint::kThreads, 1)                                                \
          tile_gemm_sm90_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES##_c##CLUSTER##_o##OUTBOXES(   \
              const __grid_constant__ counterpoint::TileGemmParams p,                             \
              const __grid_constant__ counterpoint::TileGemmMaps maps) {                          \
    using namespace counterpoint;                                                                 \
    using Relayed =                                                                               \
        Shape<INPUT, ACROSS, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES, RELAY>; \
    tileGemm<Relayed>(p, maps);                                                                   \
  }

CP_RELAYED_CANDIDATES(CP_RELAYED)
