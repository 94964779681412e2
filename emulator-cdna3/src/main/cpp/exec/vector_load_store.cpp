// Loads and stores of FLAT, GLOBAL, SCRATCH and MUBUF instructions; their opcodes share one numbering.
#include "exec/handlers.h"
#include "exec/vector_memory.h"

namespace emu {
namespace {

u8* scratchBytes(Wave& w, u64 address, unsigned lane, unsigned bytes) {
  if (address + bytes > w.scratchPerLane)
    fault(FaultKind::BAD_ADDRESS, "scratch address 0x%llx; a lane has %u bytes", static_cast<unsigned long long>(address),
          w.scratchPerLane);
  return &w.scratch[u64(lane) * w.scratchPerLane + address];
}

Pending& issue(Wave& w, const LaneAddresses& a) {
  Pending& entry = w.issue(true, a.flat);
  entry.ordered = !a.flat;
  return entry;
}

template <unsigned BYTES, bool SIGNED> void fetch(Wave& w, const Instruction& i, const LaneAddresses& a, u32 (*out)[LANES]) {
  constexpr unsigned WORDS = (BYTES + 3) / 4;
  MemoryPort port(w, i);
  for (unsigned l = 0; l < LANES; l++) {
    if (!(a.lanes >> l & 1)) continue;
    u32 data[WORDS] = {};
    if (a.space == LaneAddresses::Space::GLOBAL) port.load(a.at[l], BYTES, data);
    else if (a.space == LaneAddresses::Space::LDS) w.group->lds->read(u32(a.at[l]), BYTES, data, w.id);
    else std::memcpy(data, scratchBytes(w, a.at[l], l, BYTES), BYTES);
    if (BYTES == 1 && SIGNED) data[0] = u32(i32(i8(data[0])));
    if (BYTES == 2 && SIGNED) data[0] = u32(i32(i16(data[0])));
    for (unsigned k = 0; k < WORDS; k++) out[k][l] = data[k];
  }
}

/// Each lane's dword goes to LDS at M0 + offset + 4 · lane, when the load has returned.
template <unsigned BYTES, bool SIGNED> void loadToLds(Wave& w, const Instruction& i) {
  alignas(64) u32 out[1][LANES] = {};
  const LaneAddresses a = laneAddresses(w, i, BYTES);
  fetch<BYTES, SIGNED>(w, i, a, out);
  if (!w.group->lds) fault(FaultKind::BAD_ADDRESS, "load to LDS by a work-group that has none");
  Pending& entry = issue(w, a);
  entry.action = Pending::Action::LDS_FILL;
  const u32 base = (w.m0() & 0xFFFF) + u32(i.offset);
  for (unsigned l = 0; l < LANES; l++) {
    if (!((a.lanes | a.zero) >> l & 1)) continue;
    w.group->lds->fill(base + 4 * l, 4, &out[0][l], w.id);
    if (!entry.marks.empty() && entry.marks.back().line + u64(entry.marks.back().bytes) == base + 4 * l) entry.marks.back().bytes += 4;
    else entry.marks.push_back({base + 4 * l, 4});
  }
}

template <unsigned BYTES, bool SIGNED, int HALF> void load(Wave& w, const Instruction& i) {
  if constexpr (BYTES <= 4 && HALF < 0) {
    if (i.lds) return loadToLds<BYTES, SIGNED>(w, i);
  }
  constexpr unsigned WORDS = (BYTES + 3) / 4;
  alignas(64) u32 out[WORDS][LANES] = {};
  const LaneAddresses a = laneAddresses(w, i, BYTES);
  fetch<BYTES, SIGNED>(w, i, a, out);
  if (HALF >= 0) {
    const u32* old = w.vector(i.dst);
    for (unsigned l = 0; l < LANES; l++)
      out[0][l] = HALF ? out[0][l] << 16 | (old[l] & 0xFFFF) : (out[0][l] & 0xFFFF) | (old[l] & 0xFFFF0000);
  }
  for (unsigned k = 0; k < WORDS; k++) resultRaw(w, w.vector(i.dst, k), out[k]);
  Pending& entry = issue(w, a);
  entry.acquire = i.sc1;
  w.poison(entry, i.dst);
}

template <unsigned BYTES, unsigned SHIFT> void store(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = (BYTES + 3) / 4;
  if (i.sc1) w.requireWrittenBack("a store of device or system scope");
  const LaneAddresses a = laneAddresses(w, i, BYTES);
  const u32* data[WORDS];
  for (unsigned k = 0; k < WORDS; k++) data[k] = w.vector(i.src[1], k);
  MemoryPort port(w, i);
  Pending& entry = issue(w, a);
  entry.action = Pending::Action::STORE;
  for (unsigned l = 0; l < LANES; l++) {
    if (!(a.lanes >> l & 1)) continue;
    u32 value[WORDS];
    for (unsigned k = 0; k < WORDS; k++) value[k] = data[k][l] >> SHIFT;
    if (a.space == LaneAddresses::Space::GLOBAL) port.store(a.at[l], BYTES, value, entry);
    else if (a.space == LaneAddresses::Space::LDS) w.group->lds->write(u32(a.at[l]), BYTES, value, w.id);
    else std::memcpy(scratchBytes(w, a.at[l], l, BYTES), value, BYTES);
  }
  if (!entry.marks.empty()) w.group->cache->publish(entry.marks.back().line);
}

void buffer_wbl2(Wave& w, const Instruction& i) {
  Pending& entry = w.issue(true, false);
  if (!i.sc1) return;  // narrower scopes have nothing to write back
  entry.action = Pending::Action::WRITE_BACK;
  entry.systemScope = i.sc0;
}

void buffer_inv(Wave& w, const Instruction& i) {
  for (const Pending& entry : w.pending)
    if (entry.acquire)
      fault(FaultKind::MEMORY_ORDER, "buffer_inv before the load that it acquires for has returned (no s_waitcnt vmcnt between)");
  w.issue(true, false);
  if (i.sc1) w.group->cache->invalidate(i.sc0);
}

}  // namespace

const std::vector<HandlerRow>& globalHandlers() {
  static const std::vector<HandlerRow> rows = {
#define BOTH(name, ...) {"mem_" #name, __VA_ARGS__}, {"buffer_" #name, __VA_ARGS__}
      BOTH(load_ubyte, load<1, false, -1>), BOTH(load_sbyte, load<1, true, -1>), BOTH(load_ushort, load<2, false, -1>),
      BOTH(load_sshort, load<2, true, -1>), BOTH(load_dword, load<4, false, -1>), BOTH(load_dwordx2, load<8, false, -1>),
      BOTH(load_dwordx3, load<12, false, -1>), BOTH(load_dwordx4, load<16, false, -1>),
      BOTH(load_ubyte_d16, load<1, false, 0>), BOTH(load_ubyte_d16_hi, load<1, false, 1>),
      BOTH(load_sbyte_d16, load<1, true, 0>), BOTH(load_sbyte_d16_hi, load<1, true, 1>),
      BOTH(load_short_d16, load<2, false, 0>), BOTH(load_short_d16_hi, load<2, false, 1>),
      BOTH(store_byte, store<1, 0>), BOTH(store_byte_d16_hi, store<1, 16>), BOTH(store_short, store<2, 0>),
      BOTH(store_short_d16_hi, store<2, 16>), BOTH(store_dword, store<4, 0>), BOTH(store_dwordx2, store<8, 0>),
      BOTH(store_dwordx3, store<12, 0>), BOTH(store_dwordx4, store<16, 0>),
#undef BOTH
      {"mem_load_lds_ubyte", loadToLds<1, false>}, {"mem_load_lds_sbyte", loadToLds<1, true>},
      {"mem_load_lds_ushort", loadToLds<2, false>}, {"mem_load_lds_sshort", loadToLds<2, true>},
      {"mem_load_lds_dword", loadToLds<4, false>}, {"buffer_wbl2", buffer_wbl2}, {"buffer_inv", buffer_inv},
  };
  return rows;
}

}  // namespace emu
