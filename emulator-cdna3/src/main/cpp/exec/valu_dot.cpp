// Dot products of the 16-, 8- and 4-bit elements of a register.
#include "exec/elementwise.h"
#include "exec/handlers.h"

namespace emu {
namespace {

template <unsigned BITS> i64 signedElement(u32 word, unsigned k) {
  return i64(i32(word << (32 - BITS * (k + 1))) >> (32 - BITS));
}
template <unsigned BITS> i64 unsignedElement(u32 word, unsigned k) { return word >> (BITS * k) & ((1u << BITS) - 1); }

template <unsigned BITS, bool SIGNED> void dot(Wave& w, const Instruction& i, const Operand& accumulator) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32 *a = sourceRaw(w, i.src[0], 0, b0), *b = sourceRaw(w, i.src[1], 0, b1), *c = sourceRaw(w, accumulator, 0, b2);
  if (i.clamp) fault(FaultKind::UNKNOWN_INSTRUCTION, "saturating dot products are not executed");
  for (unsigned l = 0; l < LANES; l++) {
    i64 sum = SIGNED ? i64(i32(c[l])) : i64(c[l]);
    for (unsigned k = 0; k < 32 / BITS; k++)
      sum += SIGNED ? signedElement<BITS>(a[l], k) * signedElement<BITS>(b[l], k)
                    : unsignedElement<BITS>(a[l], k) * unsignedElement<BITS>(b[l], k);
    out[l] = u32(sum);
  }
  resultRaw(w, w.vector(i.dst), out);
}

void halves(Wave& w, const Instruction& i, const Operand& accumulator) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32 *a = sourceRaw(w, i.src[0], 0, b0), *b = sourceRaw(w, i.src[1], 0, b1), *c = sourceRaw(w, accumulator, 0, b2);
  if (i.neg || i.negHi || i.clamp) fault(FaultKind::UNKNOWN_INSTRUCTION, "modifiers of half dot products are not executed");
  for (unsigned l = 0; l < LANES; l++) {
    float sum = bitsAs<float>(c[l]);
    for (unsigned k = 0; k < 2; k++) sum = std::fma(halfToFloat(u16(a[l] >> 16 * k)), halfToFloat(u16(b[l] >> 16 * k)), sum);
    out[l] = bitsAs<u32>(sum);
  }
  resultRaw(w, w.vector(i.dst), out);
}

void v_dot4_i32_i8(Wave& w, const Instruction& i) { dot<8, true>(w, i, i.src[2]); }
void v_dot4_u32_u8(Wave& w, const Instruction& i) { dot<8, false>(w, i, i.src[2]); }
void v_dot8_i32_i4(Wave& w, const Instruction& i) { dot<4, true>(w, i, i.src[2]); }
void v_dot8_u32_u4(Wave& w, const Instruction& i) { dot<4, false>(w, i, i.src[2]); }
void v_dot2_i32_i16(Wave& w, const Instruction& i) { dot<16, true>(w, i, i.src[2]); }
void v_dot2_u32_u16(Wave& w, const Instruction& i) { dot<16, false>(w, i, i.src[2]); }
void v_dot2_f32_f16(Wave& w, const Instruction& i) { halves(w, i, i.src[2]); }
void v_dot4c_i32_i8(Wave& w, const Instruction& i) { dot<8, true>(w, i, i.dst); }
void v_dot8c_i32_i4(Wave& w, const Instruction& i) { dot<4, true>(w, i, i.dst); }
void v_dot2c_i32_i16(Wave& w, const Instruction& i) { dot<16, true>(w, i, i.dst); }
void v_dot2c_f32_f16(Wave& w, const Instruction& i) { halves(w, i, i.dst); }

}  // namespace

const std::vector<HandlerRow>& dotHandlers() {
  static const std::vector<HandlerRow> rows = {
#define ROW(name) {#name, name},
      ROW(v_dot4_i32_i8) ROW(v_dot4_u32_u8) ROW(v_dot8_i32_i4) ROW(v_dot8_u32_u4) ROW(v_dot2_i32_i16) ROW(v_dot2_u32_u16)
      ROW(v_dot2_f32_f16) ROW(v_dot4c_i32_i8) ROW(v_dot8c_i32_i4) ROW(v_dot2c_i32_i16) ROW(v_dot2c_f32_f16)
  };
  return rows;
}

}  // namespace emu
