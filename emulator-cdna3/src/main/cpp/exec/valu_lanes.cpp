// Operations across lanes, and moves between register files.
#include "exec/handlers.h"

namespace emu {
namespace {

unsigned firstActive(Wave& w) { return w.exec() ? unsigned(__builtin_ctzll(w.exec())) : 0; }

void v_readfirstlane_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES];
  w.sgpr[i.dst.reg] = sourceRaw(w, i.src[0], 0, b0)[firstActive(w)];
}
void v_readlane_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES];
  const unsigned lane = readScalar32(w, i.src[1]) & 63;
  w.sgpr[i.dst.reg] = sourceRaw(w, i.src[0], 0, b0)[lane];
}
void v_writelane_b32(Wave& w, const Instruction& i) {  // whatever EXEC says
  w.vector(i.dst)[readScalar32(w, i.src[1]) & 63] = readScalar32(w, i.src[0]);
}

template <unsigned SHIFT> void maskedCount(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1);
  for (unsigned l = 0; l < LANES; l++) {
    const u32 below = u32(((1ull << l) - 1) >> SHIFT);
    out[l] = u32(__builtin_popcount(a[l] & below)) + b[l];
  }
  result32(w, i, out);
}
void v_mbcnt_lo_u32_b32(Wave& w, const Instruction& i) { maskedCount<0>(w, i); }
void v_mbcnt_hi_u32_b32(Wave& w, const Instruction& i) { maskedCount<32>(w, i); }

void v_swap_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 old[LANES], other[LANES];
  u32 *a = w.vector(i.dst), *b = w.vector(i.src[0]);
  std::memcpy(old, a, sizeof old);
  std::memcpy(other, b, sizeof other);
  resultRaw(w, a, other);
  resultRaw(w, b, old);
}

void copy(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES];
  resultRaw(w, w.vector(i.dst), sourceRaw(w, i.src[0], 0, b0));
}

}  // namespace

const std::vector<HandlerRow>& laneHandlers() {
  static const std::vector<HandlerRow> rows = {
      {"v_readfirstlane_b32", v_readfirstlane_b32}, {"v_readlane_b32", v_readlane_b32}, {"v_writelane_b32", v_writelane_b32},
      {"v_mbcnt_lo_u32_b32", v_mbcnt_lo_u32_b32},   {"v_mbcnt_hi_u32_b32", v_mbcnt_hi_u32_b32},
      {"v_swap_b32", v_swap_b32},                   {"v_accvgpr_mov_b32", copy},
      {"v_accvgpr_read_b32", copy},                 {"v_accvgpr_write_b32", copy},
  };
  return rows;
}

}  // namespace emu
