#include "memory/lds.h"

#include <cstring>

#include "device/options.h"
#include "exec/fault.h"

namespace emu {

Lds::Lds(u32 size)
    : data((size + 3) & ~3u, 0xFB), races(options().ldsRaces), uninitialized(options().uninitialized) {
  if (races || uninitialized) words.resize(data.size() / 4);
}

void Lds::check(u32 address, unsigned size) {
  if (u64(address) + size > data.size())
    fault(FaultKind::BAD_ADDRESS, "LDS address 0x%x (%u bytes); the work-group has %u bytes", address, size, this->size());
  if (address % (size < 4 ? size : 4))
    fault(FaultKind::BAD_ADDRESS, "unaligned LDS address 0x%x (%u bytes)", address, size);
}

void Lds::race(u32 address, const char* what, unsigned wave, unsigned other) {
  if (other == SEVERAL)
    fault(FaultKind::LDS_RACE, "%s at LDS 0x%x by wave %u and other waves with no barrier between", what, address, wave);
  fault(FaultKind::LDS_RACE, "%s at LDS 0x%x by wave %u and wave %u with no barrier (or no s_waitcnt before it) between", what,
        address, wave, other - 1);
}

namespace {
/// The bytes of word `w` that [address, address + size) covers, as 4 bits.
u8 covered(u32 w, u32 address, unsigned size) {
  const u32 from = address > w * 4 ? address - w * 4 : 0;
  const u32 end = address + size - w * 4;
  return u8(((1u << (end < 4 ? end : 4)) - 1) & ~((1u << from) - 1));
}
}  // namespace

void Lds::noteRead(u32 address, unsigned size, unsigned wave, bool atomic) {
  if (words.empty()) return;
  const u8 me = u8(wave + 1);
  for (u32 w = address / 4; w * 4 < address + size; w++) {
    Word& word = words[w];
    const u8 bytes = covered(w, address, size);
    if (uninitialized && !word.written) fault(FaultKind::UNINITIALIZED, "LDS 0x%x was never written", address);
    if (!races) continue;
    if (word.filling && (word.writeMask & bytes))
      fault(FaultKind::LDS_RACE, "read of LDS 0x%x before the load that fills it was waited for (vmcnt)", address);
    const bool both = atomic && word.atomic;
    if (word.writer != me && word.writer != SEVERAL && (word.writeMask & bytes) && !both && word.writeEpoch == now)
      race(address, "store and read", wave, word.writer);
    const u16 others = u16(word.storing & ~(1u << wave));
    if (others && (word.writeMask & bytes) && !both)
      race(address, "store and read", wave, unsigned(__builtin_ctz(others)) + 1);
    if (word.readEpoch != now) {
      word.readEpoch = now;
      word.reader = me;
      word.readMask = bytes;
    } else {
      if (word.reader != me) word.reader = SEVERAL;
      word.readMask |= bytes;
    }
  }
}

void Lds::noteWrite(u32 address, unsigned size, unsigned wave, bool atomic, bool fill) {
  if (words.empty()) return;
  const u8 me = u8(wave + 1);
  for (u32 w = address / 4; w * 4 < address + size; w++) {
    Word& word = words[w];
    const u8 bytes = covered(w, address, size);
    word.written = true;
    if (!races) continue;
    const bool both = atomic && word.atomic;
    if (word.writeEpoch == now && word.writer != me && word.writer != SEVERAL && (word.writeMask & bytes) && !both)
      race(address, "two stores", wave, word.writer);
    if (word.readEpoch == now && word.reader != me && (word.readMask & bytes) && !both && (word.reader != SEVERAL || bytes == 15))
      race(address, "read and store", wave, word.reader);
    if (word.writeEpoch != now) {
      word.writeEpoch = now;
      word.writer = me;
      word.writeMask = bytes;
    } else {
      if (word.writer != me) word.writer = SEVERAL;
      word.writeMask |= bytes;
    }
    word.atomic = atomic;
    word.filling = fill;
    word.storing |= u16(1u << wave);
  }
}

void Lds::read(u32 address, unsigned size, void* out, unsigned wave) {
  check(address, size);
  noteRead(address, size, wave, false);
  std::memcpy(out, &data[address], size);
}

void Lds::write(u32 address, unsigned size, const void* in, unsigned wave) {
  check(address, size);
  noteWrite(address, size, wave, false, false);
  std::memcpy(&data[address], in, size);
}

u8* Lds::atomic(u32 address, unsigned size, unsigned wave) {
  check(address, size);
  noteRead(address, size, wave, true);
  noteWrite(address, size, wave, true, false);
  return &data[address];
}

void Lds::fill(u32 address, unsigned size, const void* in, unsigned wave) {
  check(address, size);
  noteWrite(address, size, wave, false, true);
  std::memcpy(&data[address], in, size);
}

void Lds::landed(u32 address, unsigned size, unsigned wave) {
  if (!races) return;
  for (u32 w = address / 4; w * 4 < address + size; w++) {
    Word& word = words[w];
    word.storing &= u16(~(1u << wave));
    if (word.writer != wave + 1) continue;
    word.filling = false;
    word.writeEpoch = now;
  }
}

void Lds::readLate(u32 address, unsigned size, unsigned wave) {
  if (races) noteRead(address, size, wave, false);
}

}  // namespace emu
