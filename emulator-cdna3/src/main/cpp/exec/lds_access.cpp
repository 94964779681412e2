// LDS reads and writes, and exchanges between lanes that go through the LDS hardware.
#include "exec/handlers.h"
#include "exec/workgroup.h"

namespace emu {
namespace {

Lds& ldsOf(Wave& w) {
  if (!w.group->lds) fault(FaultKind::BAD_ADDRESS, "LDS access by a work-group that has none");
  return *w.group->lds;
}

void mark(Pending& entry, u32 address, unsigned size) {
  if (!entry.marks.empty()) {
    LineMark& last = entry.marks.back();
    if (last.line + u64(last.bytes) == address) {
      last.bytes += size;
      return;
    }
  }
  entry.marks.push_back({address, size});
}

Pending& issue(Wave& w, const Instruction& i, bool stores) {
  if (i.gds) fault(FaultKind::UNKNOWN_INSTRUCTION, "GDS is not modeled");
  Pending& entry = w.issue(false, true);
  entry.action = Pending::Action::LDS_ACCESS;
  entry.stores = stores;
  return entry;
}

/// HALF: −1 for whole registers; 0 or 1 for that half of one, the other is kept.
template <unsigned BYTES, bool SIGNED, int HALF> void read(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = (BYTES + 3) / 4;
  alignas(64) u32 b0[LANES], out[WORDS][LANES] = {};
  const u32* base = sourceRaw(w, i.src[0], 0, b0);
  Lds& lds = ldsOf(w);
  Pending& entry = issue(w, i, false);
  const u64 active = w.exec();
  for (unsigned l = 0; l < LANES; l++) {
    if (!(active >> l & 1)) continue;
    u32 data[WORDS] = {};
    const u32 address = base[l] + u32(i.offset);
    lds.read(address, BYTES, data, w.id);
    mark(entry, address, BYTES);
    if (BYTES == 1 && SIGNED) data[0] = u32(i32(i8(data[0])));
    if (BYTES == 2 && SIGNED) data[0] = u32(i32(i16(data[0])));
    for (unsigned k = 0; k < WORDS; k++) out[k][l] = data[k];
  }
  if (HALF >= 0) {
    const u32* old = w.vector(i.dst);
    for (unsigned l = 0; l < LANES; l++)
      out[0][l] = HALF ? out[0][l] << 16 | (old[l] & 0xFFFF) : (out[0][l] & 0xFFFF) | (old[l] & 0xFFFF0000);
  }
  for (unsigned k = 0; k < WORDS; k++) resultRaw(w, w.vector(i.dst, k), out[k]);
  w.poison(entry, i.dst);
}

template <unsigned BYTES, unsigned SHIFT> void write(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = (BYTES + 3) / 4;
  alignas(64) u32 b0[LANES], b[WORDS][LANES];
  const u32* base = sourceRaw(w, i.src[0], 0, b0);
  const u32* data[WORDS];
  for (unsigned k = 0; k < WORDS; k++) data[k] = sourceRaw(w, i.src[1], k, b[k]);
  Lds& lds = ldsOf(w);
  Pending& entry = issue(w, i, true);
  const u64 active = w.exec();
  for (unsigned l = 0; l < LANES; l++) {
    if (!(active >> l & 1)) continue;
    u32 value[WORDS];
    for (unsigned k = 0; k < WORDS; k++) value[k] = data[k][l] >> SHIFT;
    const u32 address = base[l] + u32(i.offset);
    lds.write(address, BYTES, value, w.id);
    mark(entry, address, BYTES);
  }
}

/// Two accesses, at offsets counted in elements (or in 64 elements).
template <unsigned BYTES, unsigned STRIDE> void read2(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = BYTES / 4;
  alignas(64) u32 b0[LANES], out[2 * WORDS][LANES] = {};
  const u32* base = sourceRaw(w, i.src[0], 0, b0);
  const u32 offsets[2] = {i.offset0 * BYTES * STRIDE, i.offset1 * BYTES * STRIDE};
  Lds& lds = ldsOf(w);
  Pending& entry = issue(w, i, false);
  for (unsigned part = 0; part < 2; part++)
    for (unsigned l = 0; l < LANES; l++) {
      if (!(w.exec() >> l & 1)) continue;
      u32 data[WORDS];
      lds.read(base[l] + offsets[part], BYTES, data, w.id);
      mark(entry, base[l] + offsets[part], BYTES);
      for (unsigned k = 0; k < WORDS; k++) out[part * WORDS + k][l] = data[k];
    }
  for (unsigned k = 0; k < 2 * WORDS; k++) resultRaw(w, w.vector(i.dst, k), out[k]);
  w.poison(entry, i.dst);
}

template <unsigned BYTES, unsigned STRIDE> void write2(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = BYTES / 4;
  alignas(64) u32 b0[LANES], b[WORDS][LANES];
  const u32* base = sourceRaw(w, i.src[0], 0, b0);
  const u32 offsets[2] = {i.offset0 * BYTES * STRIDE, i.offset1 * BYTES * STRIDE};
  Lds& lds = ldsOf(w);
  Pending& entry = issue(w, i, true);
  for (unsigned part = 0; part < 2; part++) {
    const u32* data[WORDS];
    for (unsigned k = 0; k < WORDS; k++) data[k] = sourceRaw(w, i.src[1 + part], k, b[k]);
    for (unsigned l = 0; l < LANES; l++) {
      if (!(w.exec() >> l & 1)) continue;
      u32 value[WORDS];
      for (unsigned k = 0; k < WORDS; k++) value[k] = data[k][l];
      lds.write(base[l] + offsets[part], BYTES, value, w.id);
      mark(entry, base[l] + offsets[part], BYTES);
    }
  }
}

// Exchanges between lanes: no memory is touched.
void exchanged(Wave& w, const Instruction& i, const u32* out) {
  Pending& entry = w.issue(false, true);
  resultRaw(w, w.vector(i.dst), out);
  w.poison(entry, i.dst);
}

void ds_bpermute_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *address = sourceRaw(w, i.src[0], 0, b0), *data = sourceRaw(w, i.src[1], 0, b1);
  for (unsigned l = 0; l < LANES; l++) {
    const unsigned from = (address[l] + u32(i.offset)) / 4 % LANES;
    out[l] = w.exec() >> from & 1 ? data[from] : 0;
  }
  exchanged(w, i, out);
}

void ds_permute_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES] = {};
  const u32 *address = sourceRaw(w, i.src[0], 0, b0), *data = sourceRaw(w, i.src[1], 0, b1);
  for (unsigned l = 0; l < LANES; l++)
    if (w.exec() >> l & 1) out[(address[l] + u32(i.offset)) / 4 % LANES] = data[l];
  exchanged(w, i, out);
}

void ds_swizzle_b32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], out[LANES];
  const u32* data = sourceRaw(w, i.src[0], 0, b0);
  const u32 p = u32(i.offset);
  for (unsigned l = 0; l < LANES; l++) {
    unsigned from;
    if (p & 0x8000) {
      if (p >= 0xC000) fault(FaultKind::UNKNOWN_INSTRUCTION, "this mode of ds_swizzle is not executed");
      from = (l & ~3u) | (p >> (2 * (l & 3)) & 3);
    } else {
      from = (l & 32) | ((((l & p) & 31) | (p >> 5 & 31)) ^ (p >> 10 & 31));
    }
    out[l] = w.exec() >> from & 1 ? data[from] : 0;
  }
  exchanged(w, i, out);
}

}  // namespace

const std::vector<HandlerRow>& ldsHandlers() {
  static const std::vector<HandlerRow> rows = {
      {"ds_read_b32", read<4, false, -1>}, {"ds_read_b64", read<8, false, -1>}, {"ds_read_b96", read<12, false, -1>},
      {"ds_read_b128", read<16, false, -1>}, {"ds_read_u8", read<1, false, -1>}, {"ds_read_i8", read<1, true, -1>},
      {"ds_read_u16", read<2, false, -1>}, {"ds_read_i16", read<2, true, -1>}, {"ds_read_u8_d16", read<1, false, 0>},
      {"ds_read_u8_d16_hi", read<1, false, 1>}, {"ds_read_i8_d16", read<1, true, 0>}, {"ds_read_i8_d16_hi", read<1, true, 1>},
      {"ds_read_u16_d16", read<2, false, 0>}, {"ds_read_u16_d16_hi", read<2, false, 1>},
      {"ds_write_b8", write<1, 0>}, {"ds_write_b16", write<2, 0>}, {"ds_write_b8_d16_hi", write<1, 16>},
      {"ds_write_b16_d16_hi", write<2, 16>}, {"ds_write_b32", write<4, 0>}, {"ds_write_b64", write<8, 0>},
      {"ds_write_b96", write<12, 0>}, {"ds_write_b128", write<16, 0>},
      {"ds_read2_b32", read2<4, 1>}, {"ds_read2st64_b32", read2<4, 64>}, {"ds_read2_b64", read2<8, 1>},
      {"ds_read2st64_b64", read2<8, 64>}, {"ds_write2_b32", write2<4, 1>}, {"ds_write2st64_b32", write2<4, 64>},
      {"ds_write2_b64", write2<8, 1>}, {"ds_write2st64_b64", write2<8, 64>},
      {"ds_bpermute_b32", ds_bpermute_b32}, {"ds_permute_b32", ds_permute_b32}, {"ds_swizzle_b32", ds_swizzle_b32},
  };
  return rows;
}

}  // namespace emu
