// The kernels under test, by the table they are made from.

#include "candidate_table.cuh"
#include "gemm_model.h"

#define DECLARE(                                                                            \
    NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES)    \
  extern "C" void                                                                           \
      tile_gemm_sm90_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES##_c##CLUSTER##_o##OUTBOXES( \
          counterpoint::TileGemmParams, counterpoint::TileGemmMaps);

#define ENTRY(NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES) \
  {#NAME "_" #ROWS "x" #COLS,                                                                      \
   modeltest::typeOf<counterpoint::INPUT>,                                                         \
   ACROSS,                                                                                         \
   ROWS,                                                                                           \
   COLS,                                                                                           \
   K,                                                                                              \
   STAGES,                                                                                         \
   CLUSTER,                                                                                        \
   OUTBOXES,                                                                                       \
   counterpoint::SharedLayout<counterpoint::Shape<counterpoint::INPUT,                             \
                                                  ACROSS,                                          \
                                                  ROWS,                                            \
                                                  COLS,                                            \
                                                  STAGES,                                          \
                                                  CLUSTER,                                         \
                                                  counterpoint::SHARING,                           \
                                                  counterpoint::ORIENTATION,                       \
                                                  OUTBOXES>>::kBytes,                              \
   &tile_gemm_sm90_##NAME##_##ROWS##x##COLS##x##K##_s##STAGES##_c##CLUSTER##_o##OUTBOXES},

namespace modeltest {
template <class Input>
constexpr ElementType typeOf = counterpoint::kBf16;
template <>
constexpr ElementType typeOf<counterpoint::Fp16> = counterpoint::kFp16;
template <>
constexpr ElementType typeOf<counterpoint::E4m3> = counterpoint::kFp8E4m3;
template <>
constexpr ElementType typeOf<counterpoint::E5m2> = counterpoint::kFp8E5m2;
template <>
constexpr ElementType typeOf<counterpoint::Int8> = counterpoint::kInt8;
}  // namespace modeltest

#define EVERY_TYPE(APPLY)                        \
  CP_TILES(APPLY, bf16_nk, Bf16, false, 64)      \
  CP_TILES(APPLY, bf16_kn, Bf16, true, 64)       \
  CP_TILES(APPLY, fp16_nk, Fp16, false, 64)      \
  CP_TILES(APPLY, fp16_kn, Fp16, true, 64)       \
  CP_TILES(APPLY, fp8_e4m3_nk, E4m3, false, 128) \
  CP_TILES(APPLY, fp8_e5m2_nk, E5m2, false, 128) \
  CP_TILES(APPLY, int8_nk, Int8, false, 128)

// Measured only; not in the list that the backend's is compared with.
#define EVERY_CANDIDATE(APPLY)                   \
  CP_CANDIDATES(APPLY, bf16_nk, Bf16, false, 64) \
  CP_CANDIDATES(APPLY, bf16_kn, Bf16, true, 64)

// A relay changes nothing that a launch sees.
#define DECLARE_RELAYED(                                                                        \
    NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES, RELAY) \
  DECLARE(NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES)
#define ENTRY_RELAYED(                                                                          \
    NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES, RELAY) \
  ENTRY(NAME, INPUT, ACROSS, K, ROWS, COLS, STAGES, CLUSTER, SHARING, ORIENTATION, OUTBOXES)

EVERY_TYPE(DECLARE)
EVERY_CANDIDATE(DECLARE)
CP_RELAYED_CANDIDATES(DECLARE_RELAYED)

namespace modeltest {

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {EVERY_TYPE(ENTRY)};
  return all;
}

const std::vector<Entry>& candidates() {
  static const std::vector<Entry> all = {EVERY_CANDIDATE(ENTRY)
                                             CP_RELAYED_CANDIDATES(ENTRY_RELAYED)};
  return all;
}

const Entry& entry(ElementType input, bool across, int rows, int cols) {
  for (const Entry& e : entries()) {
    if (e.input == input && e.across == across && e.rows == rows && e.cols == cols) {
      return e;
    }
  }
  std::abort();
}

}  // namespace modeltest
