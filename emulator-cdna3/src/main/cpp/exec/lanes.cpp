#include "exec/lanes.h"

#include <immintrin.h>

#include "exec/workgroup.h"

namespace emu {

float halfToFloat(u16 half) { return _cvtsh_ss(half); }
u16 floatToHalf(float value) { return _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT); }

void Wave::spreadMask() {
  const u64 e = exec();
  for (unsigned l = 0; l < LANES; l++) laneMask[l] = e >> l & 1 ? ~0u : 0u;
  laneMaskOf = e;
}

void Wave::badRegister(const Operand& operand, unsigned offset) {
  fault(FaultKind::BAD_REGISTER, "%c%u, while the kernel has %u VGPRs and %u AGPRs", operand.kind == Kind::AGPR ? 'a' : 'v',
        operand.reg + offset, vgprCount, agprCount);
}

u64 readScalar(Wave& w, const Operand& o) {
  switch (o.kind) {
    case Kind::SGPR: return o.width >= 2 ? w.sgpr[o.reg] | u64(w.sgpr[o.reg + 1]) << 32 : w.sgpr[o.reg];
    case Kind::CONSTANT: return o.value;
    case Kind::SPECIAL: break;
    default: fault(FaultKind::UNKNOWN_INSTRUCTION, "vector register as scalar operand");
  }
  switch (o.reg) {
    case 235: return o.width >= 2 ? SHARED_APERTURE : SHARED_APERTURE >> 32;
    case 236: return o.width >= 2 ? SHARED_APERTURE + 0xFFFFFFFF : 0xFFFFFFFF;
    case 237: return o.width >= 2 ? PRIVATE_APERTURE : PRIVATE_APERTURE >> 32;
    case 238: return o.width >= 2 ? PRIVATE_APERTURE + 0xFFFFFFFF : 0xFFFFFFFF;
    case 251: return w.vcc() == 0;
    case 252: return w.exec() == 0;
    default: return w.scc;
  }
}

void writeScalar(Wave& w, const Operand& o, u64 value) {
  w.sgpr[o.reg] = u32(value);
  if (o.width >= 2) w.sgpr[o.reg + 1] = u32(value >> 32);
}

namespace {

/// The lane that DPP makes `lane` read, or -1.
int dppLane(unsigned c, int lane) {
  const int row = lane & ~15, n = int(c & 15), inRow = lane & 15;
  if (c < 256) return (lane & ~3) | int(c >> (2 * (lane & 3)) & 3);
  if (c <= 0x10F) return inRow + n < 16 ? lane + n : -1;
  if (c <= 0x11F) return inRow - n >= 0 ? lane - n : -1;
  if (c <= 0x12F) return row | ((inRow - n) & 15);
  switch (c) {
    case 0x130: return lane < 63 ? lane + 1 : -1;
    case 0x134: return (lane + 1) & 63;
    case 0x138: return lane > 0 ? lane - 1 : -1;
    case 0x13C: return (lane - 1) & 63;
    case 0x140: return row | (15 - inRow);
    case 0x141: return (lane & ~7) | (7 - (lane & 7));
    case 0x142: return lane >= 16 ? row - 1 : -1;
    case 0x143: return lane >= 32 ? 31 : -1;
    default: break;
  }
  if (c >= 0x150 && c <= 0x15F) return row | n;
  fault(FaultKind::UNKNOWN_INSTRUCTION, "dpp_ctrl 0x%x", c);
}

u32 selectSdwa(u32 value, unsigned sel, bool sext) {
  if (sel == 6) return value;
  if (sel >= 4) {
    const u16 half = u16(value >> (16 * (sel - 4)));
    return sext ? u32(i32(i16(half))) : half;
  }
  const u8 byte = u8(value >> (8 * sel));
  return sext ? u32(i32(i8(byte))) : byte;
}

u32 signBit(char type) { return type == 'h' ? 0x8000u : 0x80000000u; }

/// Lanes that a DPP instruction writes: rows and banks enabled, and a valid source unless bound_ctrl makes it 0.
u64 dppWritten(Wave& w, const Instruction& i) {
  u64 lanes = 0;
  for (int l = 0; l < int(LANES); l++) {
    const bool enabled = (i.dppBits.rowMask >> (l / 16) & 1) && (i.dppBits.bankMask >> (l % 16 / 4) & 1);
    const int from = dppLane(i.dppBits.ctrl, l);
    const bool valid = from >= 0 && (w.exec() >> from & 1);
    if (enabled && (valid || i.dppBits.boundCtrl)) lanes |= 1ull << l;
  }
  return lanes;
}

}  // namespace

const u32* sourceRaw(Wave& w, const Operand& o, unsigned offset, u32* buffer) {
  if (o.kind == Kind::VGPR || o.kind == Kind::AGPR) return w.vector(o, offset);
  const u64 value = o.kind == Kind::SGPR ? w.sgpr[o.reg + offset] : readScalar(w, o) >> (32 * offset);
  for (unsigned l = 0; l < LANES; l++) buffer[l] = u32(value);
  return buffer;
}

const u32* source32(Wave& w, const Instruction& i, unsigned k, u32* buffer) {
  const u32* from = sourceRaw(w, i.src[k], 0, buffer);
  if (i.plain) return from;
  if (i.dpp && k == 0) {
    alignas(64) u32 moved[LANES];
    for (int l = 0; l < int(LANES); l++) {
      const int lane = dppLane(i.dppBits.ctrl, l);
      moved[l] = lane >= 0 && (w.exec() >> lane & 1) ? from[lane] : 0;
    }
    std::memcpy(buffer, moved, sizeof moved);
    from = buffer;
  }
  if (i.sdwa && k < 2) {
    const unsigned sel = i.sdwaBits.sel[k];
    const bool sext = i.sdwaBits.sext[k];
    if (sel != 6) {
      for (unsigned l = 0; l < LANES; l++) buffer[l] = selectSdwa(from[l], sel, sext);
      from = buffer;
    }
  }
  const char type = i.op->srcType;
  if (i.op->format != Format::VOP3P && (i.opsel >> k & 1) && k < 3 && (type == 'h' || type == 's')) {
    for (unsigned l = 0; l < LANES; l++) buffer[l] = from[l] >> 16;
    from = buffer;
  }
  if (k < 3 && ((i.abs | i.neg) >> k & 1)) {
    const u32 sign = signBit(type), keep = i.abs >> k & 1 ? ~sign : ~0u, flip = i.neg >> k & 1 ? sign : 0;
    for (unsigned l = 0; l < LANES; l++) buffer[l] = (from[l] & keep) ^ flip;
    from = buffer;
  }
  return from;
}

void source64(Wave& w, const Instruction& i, unsigned k, u64* buffer) {
  const Operand& o = i.src[k];
  if (o.width == 1) {  // a 32-bit operand of a 64-bit operation
    alignas(64) u32 narrow[LANES];
    const u32* from = sourceRaw(w, o, 0, narrow);
    for (unsigned l = 0; l < LANES; l++) buffer[l] = from[l];
    return;
  }
  if (o.kind == Kind::VGPR || o.kind == Kind::AGPR) {
    const u32 *low = w.vector(o), *high = w.vector(o, 1);
    for (unsigned l = 0; l < LANES; l++) buffer[l] = low[l] | u64(high[l]) << 32;
  } else {
    const u64 value = readScalar(w, o);
    for (unsigned l = 0; l < LANES; l++) buffer[l] = value;
  }
  if (i.dpp && k == 0) {
    u64 moved[LANES];
    for (int l = 0; l < int(LANES); l++) {
      const int lane = dppLane(i.dppBits.ctrl, l);
      moved[l] = lane >= 0 && (w.exec() >> lane & 1) ? buffer[lane] : 0;
    }
    std::memcpy(buffer, moved, sizeof moved);
  }
  constexpr u64 SIGN = 1ull << 63;
  if (i.abs >> k & 1)
    for (unsigned l = 0; l < LANES; l++) buffer[l] &= ~SIGN;
  if (i.neg >> k & 1)
    for (unsigned l = 0; l < LANES; l++) buffer[l] ^= SIGN;
}

void resultRaw(Wave& w, u32* destination, const u32* out) {
  if (w.allActive()) {
    std::memcpy(destination, out, LANES * sizeof(u32));
    return;
  }
  const u32* mask = w.mask();
  for (unsigned l = 0; l < LANES; l++) destination[l] = (out[l] & mask[l]) | (destination[l] & ~mask[l]);
}

namespace {

void scaleAndClamp(const Instruction& i, u32* out) {
  static const float SCALE[] = {1, 2, 4, 0.5f};
  const bool half = i.op->dstType == 'h';
  for (unsigned l = 0; l < LANES; l++) {
    float value = half ? halfToFloat(u16(out[l])) : bitsAs<float>(out[l]);
    value *= SCALE[i.omod];
    if (i.clamp) value = value > 0 ? (value < 1 ? value : 1) : 0;  // NaN becomes 0
    out[l] = half ? floatToHalf(value) : bitsAs<u32>(value);
  }
}

void placeSdwa(const Instruction& i, const u32* old, u32* out) {
  const unsigned sel = i.sdwaBits.dstSel, unused = i.sdwaBits.dstUnused;
  if (sel == 6) return;
  const unsigned shift = sel >= 4 ? 16 * (sel - 4) : 8 * sel, width = sel >= 4 ? 16 : 8;
  const u32 field = (width == 16 ? 0xFFFFu : 0xFFu) << shift;
  for (unsigned l = 0; l < LANES; l++) {
    const u32 placed = (out[l] << shift) & field;
    if (unused == 2) out[l] = placed | (old[l] & ~field);
    else if (unused == 1) out[l] = u32(i32(placed << (32 - shift - width)) >> (32 - shift - width));
    else out[l] = placed;
  }
}

}  // namespace

void result32(Wave& w, const Instruction& i, u32* out) {
  u32* destination = w.vector(i.dst);
  const char type = i.op->dstType;
  if ((i.omod || i.clamp) && (type == 'f' || type == 'h')) scaleAndClamp(i, out);
  const bool sixteen = type == 'h' || type == 's';
  if (sixteen && i.op->format != Format::VOP3P && !i.sdwa) {
    const bool high = i.opsel & 8;
    for (unsigned l = 0; l < LANES; l++)
      out[l] = high ? out[l] << 16 | (destination[l] & 0xFFFF) : out[l] & 0xFFFF;
  }
  if (i.sdwa) placeSdwa(i, destination, out);
  if (i.dpp) {
    const u64 lanes = dppWritten(w, i) & w.exec();
    for (unsigned l = 0; l < LANES; l++)
      if (lanes >> l & 1) destination[l] = out[l];
    return;
  }
  resultRaw(w, destination, out);
}

void result64(Wave& w, const Instruction& i, u64* out) {
  if (i.omod || i.clamp) {
    static const double SCALE[] = {1, 2, 4, 0.5};
    for (unsigned l = 0; l < LANES; l++) {
      double value = bitsAs<double>(out[l]) * SCALE[i.omod];
      if (i.clamp) value = value > 0 ? (value < 1 ? value : 1) : 0;
      out[l] = bitsAs<u64>(value);
    }
  }
  alignas(64) u32 half[LANES];
  u64 lanes = w.exec();
  if (i.dpp) lanes &= dppWritten(w, i);
  for (unsigned part = 0; part < 2; part++) {
    u32* destination = w.vector(i.dst, part);
    for (unsigned l = 0; l < LANES; l++) half[l] = lanes >> l & 1 ? u32(out[l] >> (32 * part)) : destination[l];
    std::memcpy(destination, half, sizeof half);
  }
}

u64 packMask(const u32* lanes) {
  u64 mask = 0;
  for (unsigned l = 0; l < LANES; l += 8)
    mask |= u64(u32(_mm256_movemask_ps(_mm256_load_ps(reinterpret_cast<const float*>(lanes + l))))) << l;
  return mask;
}

void resultMask(Wave& w, const Operand& destination, u64 mask) { writeScalar(w, destination, mask & w.exec()); }

}  // namespace emu
