// How vector instructions get at their operands, modifiers included, and write their results.
#pragma once
#include <cmath>
#include <cstring>

#include "exec/wave.h"

namespace emu {

template <class To, class From> inline To bitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

/// A scalar operand's value: SGPR (pair), constant or special source.
u64 readScalar(Wave& w, const Operand& operand);
inline u32 readScalar32(Wave& w, const Operand& operand) {
  return operand.kind == Kind::SGPR ? w.sgpr[operand.reg] : u32(readScalar(w, operand));
}
void writeScalar(Wave& w, const Operand& operand, u64 value);

/// Pointer to 64 values of source k, in a register or in `buffer`; DPP, SDWA, op_sel, abs and neg are applied.
const u32* source32(Wave& w, const Instruction& i, unsigned k, u32* buffer);
void source64(Wave& w, const Instruction& i, unsigned k, u64* buffer);
/// The same without any modifier, for memory instructions and MFMA; `offset` counts registers.
const u32* sourceRaw(Wave& w, const Operand& operand, unsigned offset, u32* buffer);

/// Writes a result: omod, clamp, SDWA destination, DPP and exec masks are applied. `out` may be changed.
void result32(Wave& w, const Instruction& i, u32* out);
void result64(Wave& w, const Instruction& i, u64* out);
/// Writes under exec alone.
void resultRaw(Wave& w, u32* destination, const u32* out);
/// Writes a mask to the scalar destination of a compare or of a carry.
void resultMask(Wave& w, const Operand& destination, u64 mask);
u64 packMask(const u32* lanes);

/// One entry of a handler table.
struct HandlerRow {
  const char* name;
  Handler run;
};
/// Finds what executes an instruction, or a handler that faults.
void bind(Instruction& i);

float halfToFloat(u16 half);
u16 floatToHalf(float value);

}  // namespace emu
