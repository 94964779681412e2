// Text of single operands, in LLVM's syntax.
#pragma once
#include <string>

#include "decode/instruction.h"

namespace emu {
std::string operandText(const Operand& operand, char type);
std::string hexText(i64 value);
std::string registerText(u16 hardwareRegister);
std::string waitText(u32 waitcnt);
std::string swizzleText(u32 pattern);
}  // namespace emu
