// From machine words to Instruction. Field positions are those of AMD's CDNA3 instruction set manual.
#include <cstring>

#include "decode/instruction.h"

namespace emu {
namespace {

constexpr u32 SDWA_CODE = 249, DPP_CODE = 250, LITERAL_CODE = 255;

u32 bits(u32 word, unsigned low, unsigned count) { return (word >> low) & ((1u << count) - 1); }

i32 signExtend(u32 value, unsigned width) { return i32(value << (32 - width)) >> (32 - width); }

const double FLOAT_CONSTANTS[] = {0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 4.0, -4.0, 0.15915494309189532};
const u16 HALF_CONSTANTS[] = {0x3800, 0xB800, 0x3C00, 0xBC00, 0x4000, 0xC000, 0x4400, 0xC400, 0x3118};

u64 floatConstant(unsigned index, char type, unsigned width) {
  if (type == 'h' || type == 's' || type == 'p') return HALF_CONSTANTS[index];
  if (width == 2 && type != 'f') {
    u64 value;
    std::memcpy(&value, &FLOAT_CONSTANTS[index], 8);
    return value;
  }
  const float f = float(FLOAT_CONSTANTS[index]);
  u32 value;
  std::memcpy(&value, &f, 4);
  return value;
}

/// Fills `operand` from a 9-bit source encoding; `literal` is the word after the instruction.
bool source(Operand& operand, u32 code, unsigned width, char type, u32 literal) {
  operand.width = u8(width);
  operand.reg = u16(code);
  if (code >= 256) {
    operand.kind = Kind::VGPR;
    operand.reg = u16(code - 256);
  } else if (code <= 127) {
    operand.kind = Kind::SGPR;
    return code != 125;
  } else if (code <= 208) {
    operand.kind = Kind::CONSTANT;
    const i64 value = code <= 192 ? i64(code) - 128 : 192 - i64(code);
    operand.value = width == 2 && type != 'f' ? u64(value) : u64(u32(value));
  } else if (code >= 240 && code <= 248) {
    operand.kind = Kind::CONSTANT;
    operand.value = floatConstant(code - 240, type, width);
  } else if (code == LITERAL_CODE) {
    operand.kind = Kind::CONSTANT;
    operand.literal = true;
    // A 32-bit literal of a 64-bit operand: the high half of a double, the low half of an integer.
    operand.value = width == 2 && type == 'd' ? u64(literal) << 32 : literal;
  } else if ((code >= 235 && code <= 238) || (code >= 251 && code <= 253)) {
    operand.kind = Kind::SPECIAL;
  } else {
    return false;
  }
  return true;
}

void vector(Operand& operand, u32 number, unsigned width, bool accumulator = false) {
  operand.kind = accumulator ? Kind::AGPR : Kind::VGPR;
  operand.reg = u16(number);
  operand.width = u8(width);
}

bool scalar(Operand& operand, u32 code, unsigned width) {
  operand.kind = Kind::SGPR;
  operand.reg = u16(code);
  operand.width = u8(width);
  return code <= 127 && code != 125;
}

/// Names of instructions whose vector encoding reads or writes a scalar pair.
bool writesCarry(const Opcode& op) {
  return std::strstr(op.name, "_co_u32") || std::strstr(op.name, "div_scale") ||
         std::strstr(op.name, "v_mad_u64_u32") || std::strstr(op.name, "v_mad_i64_i32");
}

bool readsCarry(const Opcode& op) {
  return std::strstr(op.name, "v_addc_") || std::strstr(op.name, "v_subb") || std::strstr(op.name, "v_cndmask");
}

bool decodeScalar(const u32* code, u64 available, Instruction& i) {
  const u32 w = code[0];
  const u32 literal = available > 1 ? code[1] : 0;
  if (bits(w, 23, 9) == 0x17D) {
    i.op = findOpcode(Format::SOP1, bits(w, 8, 8));
  } else if (bits(w, 23, 9) == 0x17E) {
    i.op = findOpcode(Format::SOPC, bits(w, 16, 7));
  } else if (bits(w, 23, 9) == 0x17F) {
    i.op = findOpcode(Format::SOPP, bits(w, 16, 7));
    i.offset = i16(w);
    return i.op != nullptr;
  } else if (bits(w, 28, 4) == 0xB) {
    i.op = findOpcode(Format::SOPK, bits(w, 23, 5));
    if (!i.op) return false;
    i.offset = i16(w);
    if (i.op->code == 20) {
      i.size = 2;
      i.src[0].kind = Kind::CONSTANT;
      i.src[0].value = literal;
      i.src[0].literal = true;
      return available > 1;
    }
    return scalar(i.dst, bits(w, 16, 7), i.op->dstWidth);
  } else {
    i.op = findOpcode(Format::SOP2, bits(w, 23, 7));
  }
  if (!i.op) return false;
  const Opcode& op = *i.op;
  bool ok = true;
  if (op.srcWidth[0]) ok = source(i.src[0], bits(w, 0, 8), op.srcWidth[0], op.srcType, literal);
  if (op.srcWidth[1]) ok = ok && source(i.src[1], bits(w, 8, 8), op.srcWidth[1], op.srcType, literal);
  if (op.dstWidth) ok = ok && scalar(i.dst, bits(w, 16, 7), op.dstWidth);
  if (i.src[0].literal || i.src[1].literal) i.size = 2;
  return ok && i.size <= available;
}

bool decodeSmem(const u32* code, u64 available, Instruction& i) {
  if (available < 2) return false;
  const u32 w = code[0], x = code[1];
  i.op = findOpcode(Format::SMEM, bits(w, 18, 8));
  if (!i.op) return false;
  i.size = 2;
  i.sc0 = bits(w, 16, 1);
  bool ok = true;
  if (i.op->dstWidth) ok = scalar(i.dst, bits(w, 6, 7), i.op->dstWidth);
  if (i.op->srcWidth[0]) {
    ok = ok && scalar(i.src[0], bits(w, 0, 6) * 2, i.op->srcWidth[0]);
    const bool immediate = bits(w, 17, 1), offsetRegister = bits(w, 14, 1);
    if (immediate) i.offset = signExtend(bits(x, 0, 21), 21);
    if (offsetRegister) ok = ok && scalar(i.src[1], bits(x, 25, 7), 1);
    else if (!immediate) ok = ok && scalar(i.src[1], bits(x, 0, 7), 1);
    i.offen = immediate;
  }
  return ok;
}

void sdwaWord(Instruction& i, u32 x) {
  const bool compare = i.op->format == Format::VOPC;
  i.sdwa = true;
  Sdwa& s = i.sdwaBits;
  if (compare) {
    if (bits(x, 15, 1)) scalar(i.dst, bits(x, 8, 7), 2);
  } else {
    s.dstSel = u8(bits(x, 8, 3));
    s.dstUnused = u8(bits(x, 11, 2));
    i.clamp = bits(x, 13, 1);
    i.omod = u8(bits(x, 14, 2));
  }
  for (unsigned k = 0; k < 2; k++) {
    const unsigned at = 16 + 8 * k;
    s.sel[k] = u8(bits(x, at, 3));
    s.sext[k] = bits(x, at + 3, 1);
    i.neg |= u8(bits(x, at + 4, 1) << k);
    i.abs |= u8(bits(x, at + 5, 1) << k);
  }
}

void dppWord(Instruction& i, u32 x) {
  i.dpp = true;
  i.dppBits.ctrl = u16(bits(x, 8, 9));
  i.dppBits.boundCtrl = bits(x, 19, 1);
  i.neg |= u8(bits(x, 20, 1) | bits(x, 22, 1) << 1);
  i.abs |= u8(bits(x, 21, 1) | bits(x, 23, 1) << 1);
  i.dppBits.bankMask = u8(bits(x, 24, 4));
  i.dppBits.rowMask = u8(bits(x, 28, 4));
}

/// Destination of a vector row; a compare or a lane read writes scalar registers.
bool vectorDestination(Instruction& i, u32 number) {
  const Opcode& op = *i.op;
  if (!op.dstWidth) return true;
  if (op.format == Format::VOPC) return scalar(i.dst, number, 2);
  if (std::strncmp(op.name, "v_read", 6) == 0) return scalar(i.dst, number, 1);
  vector(i.dst, number, op.dstWidth, std::strcmp(op.name, "v_accvgpr_mov_b32") == 0);
  return true;
}

char typeFor(const Opcode& op, unsigned k) {
  if (op.srcWidth[k] == 1 && (op.srcType == 'd' || op.srcType == 'l')) return 'i';
  return op.srcType;
}

bool decodeVop(const u32* code, u64 available, Instruction& i) {
  const u32 w = code[0];
  const u32 next = available > 1 ? code[1] : 0;
  const bool one = bits(w, 25, 7) == 0x3F, compare = bits(w, 25, 7) == 0x3E;
  if (one) i.op = findOpcode(Format::VOP1, bits(w, 9, 8));
  else if (compare) i.op = findOpcode(Format::VOPC, bits(w, 17, 8));
  else i.op = findOpcode(Format::VOP2, bits(w, 25, 6));
  if (!i.op) return false;
  const Opcode& op = *i.op;
  u32 first = bits(w, 0, 9);
  const bool extended = op.srcWidth[0] && (first == SDWA_CODE || first == DPP_CODE);
  if (extended) {
    i.size = 2;
    if (first == SDWA_CODE) sdwaWord(i, next);
    else dppWord(i, next);
    const bool scalarSource = i.sdwa && bits(next, 23, 1);
    first = bits(next, 0, 8) + (scalarSource ? 0 : 256);
  }
  bool ok = true;
  if (op.srcWidth[0]) ok = source(i.src[0], first, op.srcWidth[0], typeFor(op, 0), next);
  if (op.srcWidth[1] && !one) {
    const bool scalarSource = i.sdwa && bits(next, 31, 1);
    if (scalarSource) ok = ok && source(i.src[1], bits(w, 9, 8), op.srcWidth[1], typeFor(op, 1), next);
    else vector(i.src[1], bits(w, 9, 8), op.srcWidth[1]);
  }
  if (std::strcmp(op.name, "v_accvgpr_mov_b32") == 0) i.src[0].kind = Kind::AGPR;
  if (i.src[0].literal) i.size = 2;
  const bool madk = std::strstr(op.name, "amk_f32") || std::strstr(op.name, "aak_f32") ||
                    std::strstr(op.name, "madmk") || std::strstr(op.name, "madak");
  if (madk) {  // the literal is the middle or last operand
    i.size = 2;
    Operand constant;
    source(constant, LITERAL_CODE, 1, op.srcType, next);
    if (std::strstr(op.name, "mk_")) {
      i.src[2] = i.src[1];
      i.src[1] = constant;
    } else {
      i.src[2] = constant;
    }
  }
  if (compare) {
    if (i.dst.kind == Kind::NONE) scalar(i.dst, 106, 2);
  } else {
    ok = ok && vectorDestination(i, bits(w, 17, 8));
    if (writesCarry(op)) scalar(i.sdst, 106, 2);
    if (readsCarry(op)) scalar(i.src[2], 106, 2);
  }
  return ok && i.size <= available;
}

bool decodeVop3(const u32* code, u64 available, Instruction& i) {
  if (available < 2) return false;
  const u32 w = code[0], x = code[1];
  const u32 number = bits(w, 16, 10);
  if (number < 256) i.op = findOpcode(Format::VOPC, number);
  else if (number < 320) i.op = findOpcode(Format::VOP2, number - 256);
  else if (number < 448) i.op = findOpcode(Format::VOP1, number - 320);
  else i.op = findOpcode(Format::VOP3, number);
  if (!i.op) return false;
  const Opcode& op = *i.op;
  i.size = 2;
  i.e64 = number < 448;
  const bool carry = writesCarry(op);
  i.clamp = bits(w, 15, 1);
  if (carry) {
    if (!scalar(i.sdst, bits(w, 8, 7), 2)) return false;
  } else {
    i.abs = u8(bits(w, 8, 3));
    i.opsel = u8(bits(w, 11, 4));
  }
  i.omod = u8(bits(x, 27, 2));
  i.neg = u8(bits(x, 29, 3));
  bool ok = vectorDestination(i, bits(w, 0, 8));
  for (unsigned k = 0; k < 3; k++) {
    if (op.srcWidth[k]) ok = ok && source(i.src[k], bits(x, 9 * k, 9), op.srcWidth[k], typeFor(op, k), 0);
    if (i.src[k].literal) return false;
  }
  if (readsCarry(op)) ok = ok && scalar(i.src[2], bits(x, 18, 9), 2);
  // Signs and magnitudes belong to floats; elsewhere their bits mean nothing that is known here.
  const bool isFloat = op.srcType == 'f' || op.srcType == 'd' || op.srcType == 'h' || std::strstr(op.name, "cndmask");
  return ok && (isFloat || (!i.neg && !i.abs));
}

bool decodeVop3p(const u32* code, u64 available, Instruction& i) {
  if (available < 2) return false;
  const u32 w = code[0], x = code[1];
  const u32 number = bits(w, 16, 7);
  i.op = findOpcode(Format::VOP3P, number);
  i.size = 2;
  bool ok = true;
  if (i.op) {
    i.clamp = bits(w, 15, 1);
    i.opsel = u8(bits(w, 11, 3));
    i.negHi = u8(bits(w, 8, 3));
    i.opselHi = u8(bits(x, 27, 2) | bits(w, 14, 1) << 2);
    i.neg = u8(bits(x, 29, 3));
    vector(i.dst, bits(w, 0, 8), i.op->dstWidth);
    for (unsigned k = 0; k < 3; k++)
      if (i.op->srcWidth[k]) ok = ok && source(i.src[k], bits(x, 9 * k, 9), i.op->srcWidth[k], i.op->srcType, 0);
    return ok;
  }
  i.op = findOpcode(Format::MAI, number);
  if (!i.op) return false;
  const bool accumulate = bits(w, 15, 1);
  const bool write = number == 89, read = number == 88;
  if (!write && !read) {
    i.cbsz = u8(bits(w, 8, 3));
    i.abid = u8(bits(w, 11, 4));
    i.blgp = u8(bits(x, 29, 3));
  }
  vector(i.dst, bits(w, 0, 8), i.op->dstWidth, write || (accumulate && !read));
  const u32 acc = bits(x, 27, 2);
  const bool sparse = std::strncmp(i.op->name, "v_smfmac", 8) == 0;  // their third source is an index
  for (unsigned k = 0; k < 3; k++) {
    if (!i.op->srcWidth[k]) continue;
    ok = ok && source(i.src[k], bits(x, 9 * k, 9), i.op->srcWidth[k], k == 2 ? i.op->dstType : i.op->srcType, 0);
    const bool fromAccumulator = k == 2 ? accumulate && !sparse : read || (!write && (acc >> k & 1));
    if (i.src[k].kind == Kind::VGPR && fromAccumulator) i.src[k].kind = Kind::AGPR;
  }
  return ok;
}

bool decodeDs(const u32* code, u64 available, Instruction& i) {
  if (available < 2) return false;
  const u32 w = code[0], x = code[1];
  i.op = findOpcode(Format::DS, bits(w, 17, 8));
  if (!i.op) return false;
  const Opcode& op = *i.op;
  const bool accumulate = bits(w, 25, 1);
  i.size = 2;
  i.gds = bits(w, 16, 1);
  i.offset0 = u8(bits(w, 0, 8));
  i.offset1 = u8(bits(w, 8, 8));
  i.offset = i32(bits(w, 0, 16));
  if (op.srcWidth[0]) vector(i.src[0], bits(x, 0, 8), op.srcWidth[0]);
  if (op.srcWidth[1]) vector(i.src[1], bits(x, 8, 8), op.srcWidth[1], accumulate);
  if (op.srcWidth[2]) vector(i.src[2], bits(x, 16, 8), op.srcWidth[2], accumulate);
  if (op.dstWidth) vector(i.dst, bits(x, 24, 8), op.dstWidth, accumulate);
  return true;
}

bool decodeFlat(const u32* code, u64 available, Instruction& i) {
  if (available < 2) return false;
  const u32 w = code[0], x = code[1];
  i.op = findOpcode(Format::FLAT, bits(w, 18, 7));
  if (!i.op) return false;
  const Opcode& op = *i.op;
  i.size = 2;
  i.segment = u8(bits(w, 14, 2));
  i.sc0 = bits(w, 16, 1);
  i.nt = bits(w, 17, 1);
  i.sc1 = bits(w, 25, 1);
  i.offset = i.segment == 0 ? i32(bits(w, 0, 12)) : signExtend(bits(w, 0, 13), 13);
  const bool accumulate = bits(x, 23, 1);
  const u32 saddr = bits(x, 16, 7);
  i.lds = std::strncmp(op.name, "load_lds", 8) == 0;
  bool ok = i.segment < 3 && (i.segment != 0 || !bits(w, 12, 1));
  const bool scalarBase = i.segment != 0 && saddr != 0x7F;
  if (scalarBase) ok = ok && scalar(i.src[2], saddr, i.segment == 2 ? 2 : 1);
  // Global: a 64-bit address, or a 32-bit offset beside the scalar base. Scratch: a 32-bit offset, if any (bit 13).
  if (i.segment == 1) {
    if (bits(w, 13, 1)) vector(i.src[0], bits(x, 0, 8), 1);
    else i.src[0].kind = Kind::OFF;
  } else {
    vector(i.src[0], bits(x, 0, 8), scalarBase ? 1 : 2);
  }
  if (op.srcWidth[1]) vector(i.src[1], bits(x, 8, 8), op.srcWidth[1], accumulate);
  const bool atomic = std::strncmp(op.name, "atomic", 6) == 0;
  if (op.dstWidth && (!atomic || i.sc0)) vector(i.dst, bits(x, 24, 8), op.dstWidth, accumulate);
  return ok;
}

bool decodeMubuf(const u32* code, u64 available, Instruction& i) {
  if (available < 2) return false;
  const u32 w = code[0], x = code[1];
  i.op = findOpcode(Format::MUBUF, bits(w, 18, 7));
  if (!i.op) return false;
  const Opcode& op = *i.op;
  i.size = 2;
  i.offset = i32(bits(w, 0, 12));
  i.offen = bits(w, 12, 1);
  i.idxen = bits(w, 13, 1);
  i.sc0 = bits(w, 14, 1);
  i.sc1 = bits(w, 15, 1);
  i.lds = bits(w, 16, 1);
  i.nt = bits(w, 17, 1);
  if (op.code == 40 || op.code == 41) return true;  // write-back and invalidate have no operands
  const bool accumulate = bits(x, 23, 1);
  const bool atomic = std::strstr(op.name, "atomic") != nullptr;
  vector(i.src[0], bits(x, 0, 8), unsigned(i.offen) + unsigned(i.idxen));
  if (!i.offen && !i.idxen) i.src[0].kind = Kind::OFF;
  bool ok = scalar(i.src[2], bits(x, 16, 5) * 4, 4);
  ok = ok && source(i.src[3], bits(x, 24, 8), 1, 'i', 0);
  if (op.srcWidth[1]) vector(i.src[1], bits(x, 8, 8), op.srcWidth[1], accumulate);
  if (op.dstWidth && !i.lds && (!atomic || i.sc0)) vector(i.dst, bits(x, 8, 8), op.dstWidth, accumulate);
  return ok;
}

bool decodeAny(const u32* code, u64 available, Instruction& i) {
  const u32 w = code[0];
  if (bits(w, 31, 1) == 0) return decodeVop(code, available, i);
  if (bits(w, 30, 2) == 2) return decodeScalar(code, available, i);
  switch (bits(w, 26, 6)) {
    case 0x30: return decodeSmem(code, available, i);
    case 0x34: return bits(w, 23, 9) == 0x1A7 ? decodeVop3p(code, available, i) : decodeVop3(code, available, i);
    case 0x36: return decodeDs(code, available, i);
    case 0x37: return decodeFlat(code, available, i);
    case 0x38: return decodeMubuf(code, available, i);
    default: return false;
  }
}

}  // namespace

bool decode(const u32* code, u64 available, Instruction& out) {
  out = Instruction();
  if (available == 0) return false;
  out.words[0] = code[0];
  if (!decodeAny(code, available, out)) return false;
  for (unsigned k = 1; k < out.size; k++) out.words[k] = code[k];
  out.plain = !out.sdwa && !out.dpp && !out.neg && !out.abs && !out.opsel;
  return true;
}

}  // namespace emu
