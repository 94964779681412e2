// The opcode tables and their look-up by format and number.
#include <array>
#include <cstddef>

#include "decode/instruction.h"

namespace emu {
namespace {

const Opcode ROWS[] = {
#define OP(format, code, name, dst, s0, s1, s2, dstType, srcType) \
  {Format::format, code, #name, dst, {s0, s1, s2}, dstType, srcType},
#include "decode/ops_compare.def"
#include "decode/ops_memory.def"
#include "decode/ops_scalar.def"
#include "decode/ops_vector.def"
#undef OP
};
constexpr unsigned FORMATS = unsigned(Format::MUBUF) + 1;
constexpr unsigned CODES = 1024;

struct Index {
  std::array<std::array<const Opcode*, CODES>, FORMATS> rows{};
  Index() {
    for (const Opcode& row : ROWS) rows[unsigned(row.format)][row.code] = &row;
  }
};

}  // namespace

const Opcode* findOpcode(Format format, unsigned code) {
  static const Index index;
  return code < CODES ? index.rows[unsigned(format)][code] : nullptr;
}

const Opcode* allOpcodes(unsigned& count) {
  count = sizeof ROWS / sizeof ROWS[0];
  return ROWS;
}

}  // namespace emu
