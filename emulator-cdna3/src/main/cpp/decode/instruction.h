// A decoded gfx942 instruction: what the bits say, nothing about how it is executed.
#pragma once
#include <cstdint>
#include <string>

namespace emu {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

enum class Format : u8 {
  SOP2, SOPK, SOP1, SOPC, SOPP, SMEM, VOP1, VOP2, VOPC, VOP3, VOP3P, MAI, DS, FLAT, MUBUF
};

/// One row of the opcode tables (`ops_*.def`).
struct Opcode {
  Format format;
  u16 code;
  const char* name;
  u8 dstWidth;
  u8 srcWidth[3];
  char dstType;
  char srcType;
};

enum class Kind : u8 {
  NONE,
  VGPR,      // reg = number
  AGPR,      // reg = number
  SGPR,      // reg = encoding 0..127 (so vcc is 106, m0 124, exec 126)
  CONSTANT,  // value = inline constant or literal, already widened to the operand's type
  SPECIAL,   // reg = encoding 235..253, read at run time
  OFF        // an address register that is absent
};

struct Operand {
  Kind kind = Kind::NONE;
  u8 width = 0;    // in 32-bit registers
  u16 reg = 0;     // register number, or the 9-bit encoding for constants
  bool literal = false;
  u64 value = 0;
};

struct Sdwa {
  u8 dstSel = 6, dstUnused = 0, sel[2] = {6, 6};
  bool sext[2] = {false, false};
};

struct Dpp {
  u16 ctrl = 0;
  bool boundCtrl = false;
  u8 bankMask = 15, rowMask = 15;
};

struct Wave;
struct Instruction;
using Handler = void (*)(Wave&, const Instruction&);

struct Instruction {
  Handler run = nullptr;
  const Opcode* op = nullptr;
  Operand dst, sdst, src[4];
  i32 offset = 0;       // memory offset, branch distance in dwords, or simm16
  u8 size = 1;          // in dwords, literal and SDWA/DPP words included
  u8 segment = 0;       // FLAT: 0 flat, 1 scratch, 2 global
  bool e64 = false;     // VOP1/2/C row in its VOP3 encoding
  bool clamp = false, sdwa = false, dpp = false;
  bool sc0 = false, sc1 = false, nt = false;
  bool offen = false, idxen = false, lds = false, gds = false;
  bool plain = false;   // no modifier of any kind on any source
  u8 omod = 0, neg = 0, abs = 0, opsel = 0, opselHi = 0, negHi = 0;
  u8 cbsz = 0, abid = 0, blgp = 0;
  u8 offset0 = 0, offset1 = 0;  // DS
  Sdwa sdwaBits;
  Dpp dppBits;
  u32 words[3] = {0, 0, 0};
};

/// Decodes the instruction at `code`, which has `available` dwords. Returns false when the bits are not an
/// instruction of gfx942 that the tables know.
bool decode(const u32* code, u64 available, Instruction& out);

/// Text in the syntax of LLVM's assembler. `pc` is the byte offset of the instruction, used for nothing but branches.
std::string disassemble(const Instruction& instruction);

/// The row for an opcode, or null.
const Opcode* findOpcode(Format format, unsigned code);

/// All rows.
const Opcode* allOpcodes(unsigned& count);

}  // namespace emu
