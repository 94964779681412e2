// Scalar loads. They see memory directly (the scalar cache holds nothing that kernels write here), but data that another
// work-group stored and did not release is an error for them as for vector loads.
#include "exec/handlers.h"
#include "exec/workgroup.h"

namespace emu {
namespace {

void load(Wave& w, const Instruction& i, u64 address, unsigned dwords) {
  address &= ~3ull;
  Cache& cache = *w.group->cache;
  for (unsigned k = 0; k < dwords; k++) {
    u32 value;
    Line* line = cache.line(address + 4 * k, 4);
    cache.load(line, address + 4 * k, 4, &value, Scope(), w.id);
    w.sgpr[i.dst.reg + k] = value;
  }
  Pending& entry = w.issue(false, true);
  entry.ordered = false;
  w.poison(entry, i.dst);
}

u64 offsetOf(Wave& w, const Instruction& i) {
  u64 offset = u64(i64(i.offset));
  if (i.src[1].kind == Kind::SGPR) offset += w.sgpr[i.src[1].reg];
  return offset;
}

void s_load(Wave& w, const Instruction& i) {
  load(w, i, readScalar(w, Operand{Kind::SGPR, 2, i.src[0].reg, false, 0}) + offsetOf(w, i), i.op->dstWidth);
}

void s_buffer_load(Wave& w, const Instruction& i) {
  const u32* r = &w.sgpr[i.src[0].reg];
  const u64 base = r[0] | u64(r[1] & 0xFFFF) << 32, offset = offsetOf(w, i) & ~3ull;
  const u32 stride = r[1] >> 16 & 0x3FFF;
  const u64 bytes = stride ? u64(r[2]) * stride : r[2];
  Cache& cache = *w.group->cache;
  for (unsigned k = 0; k < i.op->dstWidth; k++) {
    u32 value = 0;  // beyond the buffer's end
    if (offset + 4 * k + 4 <= bytes) cache.load(cache.line(base + offset + 4 * k, 4), base + offset + 4 * k, 4, &value, Scope(), w.id);
    w.sgpr[i.dst.reg + k] = value;
  }
  Pending& entry = w.issue(false, true);
  entry.ordered = false;
  w.poison(entry, i.dst);
}

void s_dcache(Wave& w, const Instruction&) {
  Pending& entry = w.issue(false, true);
  entry.ordered = false;
}

}  // namespace

const std::vector<HandlerRow>& scalarMemoryHandlers() {
  static const std::vector<HandlerRow> rows = {
      {"s_load_dword", s_load}, {"s_load_dwordx2", s_load}, {"s_load_dwordx4", s_load}, {"s_load_dwordx8", s_load},
      {"s_load_dwordx16", s_load}, {"s_buffer_load_dword", s_buffer_load}, {"s_buffer_load_dwordx2", s_buffer_load},
      {"s_buffer_load_dwordx4", s_buffer_load}, {"s_buffer_load_dwordx8", s_buffer_load},
      {"s_buffer_load_dwordx16", s_buffer_load}, {"s_dcache_inv", s_dcache}, {"s_dcache_wb", s_dcache},
      {"s_dcache_inv_vol", s_dcache}, {"s_dcache_wb_vol", s_dcache},
  };
  return rows;
}

}  // namespace emu
