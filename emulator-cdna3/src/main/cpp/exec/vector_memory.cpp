#include "exec/vector_memory.h"

#include <cstring>

#include "exec/lanes.h"

namespace emu {
namespace {

LaneAddresses bufferAddresses(Wave& w, const Instruction& i, unsigned bytes) {
  LaneAddresses a;
  const u32* r = &w.sgpr[i.src[2].reg];
  const u64 base = r[0] | u64(r[1] & 0xFFFF) << 32;
  const u32 stride = r[1] >> 16 & 0x3FFF, records = r[2];
  if (r[1] >> 31 || (r[3] >> 23 & 1)) fault(FaultKind::UNKNOWN_INSTRUCTION, "swizzled buffers and add_tid are not executed");
  const u32 scalarOffset = readScalar32(w, i.src[3]);
  const u32* index = i.idxen ? w.vector(i.src[0]) : nullptr;
  const u32* offset = i.offen ? w.vector(i.src[0], i.idxen ? 1 : 0) : nullptr;
  for (unsigned l = 0; l < LANES; l++) {
    if (!(w.exec() >> l & 1)) continue;
    const u64 n = index ? index[l] : 0, within = u64(offset ? offset[l] : 0) + u64(i.offset);
    const bool inside = stride ? n < records && within + bytes <= stride : within + bytes <= records;
    const u64 room = stride ? stride : records;
    if (!inside && within < room && (!stride || n < records))
      fault(FaultKind::BAD_ADDRESS, "buffer access of %u bytes at 0x%llx lies partly outside its %llu bytes", bytes,
            static_cast<unsigned long long>(within), static_cast<unsigned long long>(room));
    if (!inside) {
      a.zero |= 1ull << l;
      continue;
    }
    a.at[l] = base + scalarOffset + n * stride + within;
    a.lanes |= 1ull << l;
  }
  return a;
}

LaneAddresses scratchAddresses(Wave& w, const Instruction& i) {
  LaneAddresses a;
  a.space = LaneAddresses::Space::SCRATCH;
  a.lanes = w.exec();
  const u32 base = (i.src[2].kind == Kind::SGPR ? w.sgpr[i.src[2].reg] : 0) + u32(i.offset);
  const u32* offset = i.src[0].kind == Kind::VGPR ? w.vector(i.src[0]) : nullptr;
  for (unsigned l = 0; l < LANES; l++) a.at[l] = u32(base + (offset ? offset[l] : 0));
  return a;
}

}  // namespace

LaneAddresses laneAddresses(Wave& w, const Instruction& i, unsigned bytes) {
  if (i.op->format == Format::MUBUF) return bufferAddresses(w, i, bytes);
  if (i.segment == 1) return scratchAddresses(w, i);
  LaneAddresses a;
  a.flat = i.segment == 0;
  a.lanes = w.exec();
  const u64 offset = u64(i64(i.offset));
  if (i.src[2].kind == Kind::SGPR) {
    const u64 base = readScalar(w, i.src[2]) + offset;
    const u32* lane = w.vector(i.src[0]);
    for (unsigned l = 0; l < LANES; l++) a.at[l] = base + lane[l];
  } else {
    const u32 *low = w.vector(i.src[0]), *high = w.vector(i.src[0], 1);
    for (unsigned l = 0; l < LANES; l++) a.at[l] = (low[l] | u64(high[l]) << 32) + offset;
  }
  if (!a.flat || !a.lanes) return a;
  // Flat: all lanes must point into one space; code that mixes them would need one access per space.
  u64 shared = 0, scratch = 0;
  for (unsigned l = 0; l < LANES; l++) {
    if (!(a.lanes >> l & 1)) continue;
    shared |= u64(a.at[l] >> 32 == SHARED_APERTURE >> 32) << l;
    scratch |= u64(a.at[l] >> 32 == PRIVATE_APERTURE >> 32) << l;
  }
  if ((shared && shared != a.lanes) || (scratch && scratch != a.lanes))
    fault(FaultKind::UNKNOWN_INSTRUCTION, "flat access whose lanes point into different address spaces is not executed");
  if (shared) a.space = LaneAddresses::Space::LDS;
  if (scratch) a.space = LaneAddresses::Space::SCRATCH;
  if (shared || scratch)
    for (u64& at : a.at) at &= 0xFFFFFFFF;
  return a;
}

void checkAlignment(u64 address, unsigned bytes) {
  const unsigned unit = bytes < 4 ? bytes : 4;
  if (address % unit)
    fault(FaultKind::BAD_ADDRESS, "unaligned address 0x%llx for %u bytes", static_cast<unsigned long long>(address), bytes);
}

Line* MemoryPort::line(u64 address, unsigned bytes) {
  const u64 id = address >> LINE_SHIFT;
  if (current && id == currentId && address >= current->allocation->base && address + bytes <= current->allocation->end() &&
      current->allocation->live)
    return current;
  current = cache.line(address, bytes);
  currentId = id;
  return current;
}

namespace {

/// What lies in one aligned unit of 2^SHIFT bytes, unit after unit.
template <unsigned SHIFT, class Part> void split(u64 address, unsigned bytes, const Part& part) {
  constexpr u64 UNIT = u64(1) << SHIFT;
  for (unsigned done = 0; done < bytes;) {
    const unsigned room = unsigned(UNIT - ((address + done) & (UNIT - 1)));
    const unsigned size = bytes - done < room ? bytes - done : room;
    part(address + done, size, done);
    done += size;
  }
}

}  // namespace

/// Past the caches, no more than an aligned eight bytes are read at once; the parts of a wider access are apart.
void MemoryPort::load(u64 address, unsigned bytes, void* out) {
  checkAlignment(address, bytes);
  wave.landBefore(address, bytes);
  const auto part = [&](u64 at, unsigned size, unsigned from) {
    cache.load(line(at, size), at, size, static_cast<u8*>(out) + from, scope, wave.id);
  };
  if (scope.throughCache()) split<3>(address, bytes, part);
  else split<LINE_SHIFT>(address, bytes, part);
}

/// With chaos, half of what is stored past the caches lands when it will, until somebody waits for it.
bool MemoryPort::storeLate(Line* line, u64 address, unsigned bytes, u64 data, Pending& entry) {
  if (!line || !wave.group->random || wave.group->nextRandom() % 2) return false;
  cache.store(line, address, bytes, &data, scope, wave.id, true);
  wave.late[address >> 2] = {address, data, bytes};
  entry.late.push_back(address >> 2);
  return true;
}

void MemoryPort::store(u64 address, unsigned bytes, const void* data, Pending& entry) {
  checkAlignment(address, bytes);
  wave.landBefore(address, bytes);
  std::vector<LineMark>& marks = entry.marks;
  const auto part = [&](u64 at, unsigned size, unsigned from) {
    Line* l = line(at, size);
    u64 value = 0;
    if (scope.throughCache()) std::memcpy(&value, static_cast<const u8*>(data) + from, size);
    if (!scope.throughCache() || !storeLate(l, at, size, value, entry))
      cache.store(l, at, size, static_cast<const u8*>(data) + from, scope, wave.id);
    if (!l) return;
    const ByteMask mask = byteMask(unsigned(at & (LINE_BYTES - 1)), size);
    if (!marks.empty() && marks.back().line == l->id) {
      marks.back().bytes |= mask;
    } else {
      if (!marks.empty()) cache.publish(marks.back().line);
      marks.push_back({l->id, mask});
    }
  };
  if (scope.throughCache()) split<3>(address, bytes, part);
  else split<LINE_SHIFT>(address, bytes, part);
}

u8* MemoryPort::exclusive(u64 address, unsigned bytes) {
  if (address % bytes)
    fault(FaultKind::BAD_ADDRESS, "unaligned address 0x%llx for an atomic of %u bytes", static_cast<unsigned long long>(address), bytes);
  wave.landBefore(address, bytes);
  cache.beforeAtomic(line(address, bytes), address, bytes, scope.sc1);
  return reinterpret_cast<u8*>(address);
}

}  // namespace emu
