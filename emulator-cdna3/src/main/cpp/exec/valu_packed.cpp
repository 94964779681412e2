// VOP3P: two 16-bit (or two 32-bit) operations in one instruction, and mixed-precision multiply-adds.
#include <algorithm>
#include <cmath>

#include "exec/elementwise.h"
#include "exec/handlers.h"

namespace emu {
namespace {

/// The half of source k that the low or the high result reads, with its sign flipped where the modifiers say so.
u16 half(const Instruction& i, const u32* source, unsigned k, unsigned lane, bool high, bool isFloat) {
  const bool upper = (high ? i.opselHi : i.opsel) >> k & 1;
  u16 value = u16(upper ? source[lane] >> 16 : source[lane]);
  if (isFloat && ((high ? i.negHi : i.neg) >> k & 1)) value ^= 0x8000;
  return value;
}

template <class T, class F> void packed(Wave& w, const Instruction& i, unsigned count, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32* a = sourceRaw(w, i.src[0], 0, b0);
  const u32* b = sourceRaw(w, i.src[1], 0, b1);
  const u32* c = count > 2 ? sourceRaw(w, i.src[2], 0, b2) : a;
  const bool isFloat = i.op->srcType == 'h' || i.op->srcType == 'p';
  if (i.clamp && !isFloat) fault(FaultKind::UNKNOWN_INSTRUCTION, "packed saturation is not executed");
  for (unsigned l = 0; l < LANES; l++) {
    u32 r = 0;
    for (unsigned h = 0; h < 2; h++) {
      u32 value = As<T>::to(f(As<T>::from(half(i, a, 0, l, h, isFloat)), As<T>::from(half(i, b, 1, l, h, isFloat)),
                              As<T>::from(half(i, c, 2, l, h, isFloat)))) & 0xFFFF;
      if (i.clamp) value = floatToHalf(std::clamp(halfToFloat(u16(value)), 0.0f, 1.0f));
      r |= value << (16 * h);
    }
    out[l] = r;
  }
  resultRaw(w, w.vector(i.dst), out);
}

float minimum(float a, float b) { return a != a ? b : b != b ? a : std::min(a, b); }
float maximum(float a, float b) { return a != a ? b : b != b ? a : std::max(a, b); }

#define PACKED(X)                                                                                        \
  X(v_pk_mad_i16, u16, 3, u16(u32(a) * b + c))                                                           \
  X(v_pk_mad_u16, u16, 3, u16(u32(a) * b + c))                                                           \
  X(v_pk_mul_lo_u16, u16, 2, u16(u32(a) * b))                                                            \
  X(v_pk_add_i16, u16, 2, u16(a + b))                                                                    \
  X(v_pk_sub_i16, u16, 2, u16(a - b))                                                                    \
  X(v_pk_add_u16, u16, 2, u16(a + b))                                                                    \
  X(v_pk_sub_u16, u16, 2, u16(a - b))                                                                    \
  X(v_pk_lshlrev_b16, u16, 2, u16(b << (a & 15)))                                                        \
  X(v_pk_lshrrev_b16, u16, 2, u16(b >> (a & 15)))                                                        \
  X(v_pk_ashrrev_i16, u16, 2, u16(i16(b) >> (a & 15)))                                                   \
  X(v_pk_max_i16, i16, 2, std::max(a, b))                                                                \
  X(v_pk_min_i16, i16, 2, std::min(a, b))                                                                \
  X(v_pk_max_u16, u16, 2, std::max(a, b))                                                                \
  X(v_pk_min_u16, u16, 2, std::min(a, b))                                                                \
  X(v_pk_fma_f16, Half, 3, float(std::fma(double(a), double(b), double(c))))                             \
  X(v_pk_add_f16, Half, 2, a + b)                                                                        \
  X(v_pk_mul_f16, Half, 2, a * b)                                                                        \
  X(v_pk_min_f16, Half, 2, minimum(a, b))                                                                \
  X(v_pk_max_f16, Half, 2, maximum(a, b))
#define DEFINE(name, T, count, value) \
  void name(Wave& w, const Instruction& i) { \
    packed<T>(w, i, count, [](auto a, auto b, auto c) { (void)c; return value; }); \
  }
PACKED(DEFINE)
#undef DEFINE

void v_pk_fmac_f16(Wave& w, const Instruction& i) {
  Instruction full = i;
  full.src[2] = i.dst;
  full.opselHi = 7;
  full.opsel = 0;
  packed<Half>(w, full, 3, [](float a, float b, float c) { return float(std::fma(double(a), double(b), double(c))); });
}

/// One 32-bit half of a register pair.
const u32* pairHalf(Wave& w, const Instruction& i, unsigned k, bool high, u32* buffer) {
  const bool upper = (high ? i.opselHi : i.opsel) >> k & 1;
  const Operand& o = i.src[k];
  if (o.kind == Kind::CONSTANT) {
    for (unsigned l = 0; l < LANES; l++) buffer[l] = u32(o.value);
    if (upper && u32(o.value) != 0)
      fault(FaultKind::UNKNOWN_INSTRUCTION, "the high half of a constant in a packed f32 operation is not defined");
    return buffer;
  }
  return sourceRaw(w, o, upper, buffer);
}

template <class F> void packedSingle(Wave& w, const Instruction& i, unsigned count, bool isFloat, F f) {
  alignas(64) u32 buffer[3][LANES], out[2][LANES];
  for (unsigned h = 0; h < 2; h++) {
    const u32* s[3] = {};
    for (unsigned k = 0; k < count; k++) {
      s[k] = pairHalf(w, i, k, h, buffer[k]);
      if (isFloat && ((h ? i.negHi : i.neg) >> k & 1)) {
        for (unsigned l = 0; l < LANES; l++) buffer[k][l] = s[k][l] ^ 0x80000000u;
        s[k] = buffer[k];
      }
    }
    if (count < 3) s[2] = s[0];
    f(out[h], s, h);
    if (i.clamp && isFloat)
      for (unsigned l = 0; l < LANES; l++) out[h][l] = bitsAs<u32>(std::clamp(bitsAs<float>(out[h][l]), 0.0f, 1.0f));
  }
  for (unsigned h = 0; h < 2; h++) resultRaw(w, w.vector(i.dst, h), out[h]);
}

#define SINGLE(name, count, value)                                                          \
  void name(Wave& w, const Instruction& i) {                                                \
    packedSingle(w, i, count, true, [](u32* out, const u32* const* s, unsigned) {           \
      for (unsigned l = 0; l < LANES; l++) {                                                \
        const float a = bitsAs<float>(s[0][l]), b = bitsAs<float>(s[1][l]), c = bitsAs<float>(s[2][l]); \
        (void)c;                                                                            \
        out[l] = bitsAs<u32>(value);                                                        \
      }                                                                                     \
    });                                                                                     \
  }
SINGLE(v_pk_fma_f32, 3, std::fma(a, b, c))
SINGLE(v_pk_mul_f32, 2, a * b)
SINGLE(v_pk_add_f32, 2, a + b)

void v_pk_mov_b32(Wave& w, const Instruction& i) {  // low result from src0, high from src1; op_sel picks their halves
  alignas(64) u32 b0[LANES], b1[LANES], out[2][LANES];
  const u32* low = sourceRaw(w, i.src[0], i.src[0].kind == Kind::CONSTANT ? 0 : i.opsel & 1, b0);
  const u32* high = sourceRaw(w, i.src[1], i.src[1].kind == Kind::CONSTANT ? 0 : i.opsel >> 1 & 1, b1);
  std::memcpy(out[0], low, sizeof out[0]);
  std::memcpy(out[1], high, sizeof out[1]);
  for (unsigned h = 0; h < 2; h++) resultRaw(w, w.vector(i.dst, h), out[h]);
}

// Mixed precision: each source is an f32, or (op_sel_hi) the half of a register that op_sel names.
void mix(Wave& w, const Instruction& i, int destination) {
  alignas(64) u32 b[3][LANES], out[LANES];
  const u32* s[3];
  for (unsigned k = 0; k < 3; k++) s[k] = sourceRaw(w, i.src[k], 0, b[k]);
  u32* d = w.vector(i.dst);
  for (unsigned l = 0; l < LANES; l++) {
    float v[3];
    for (unsigned k = 0; k < 3; k++) {
      const bool isHalf = i.opselHi >> k & 1, upper = i.opsel >> k & 1;
      v[k] = isHalf ? halfToFloat(u16(upper ? s[k][l] >> 16 : s[k][l])) : bitsAs<float>(s[k][l]);
      if (i.negHi >> k & 1) v[k] = std::fabs(v[k]);
      if (i.neg >> k & 1) v[k] = -v[k];
    }
    float r = std::fma(v[0], v[1], v[2]);
    if (i.clamp) r = r > 0 ? (r < 1 ? r : 1) : 0;
    if (destination == 0) out[l] = bitsAs<u32>(r);
    else if (destination == 1) out[l] = (d[l] & 0xFFFF0000) | floatToHalf(r);
    else out[l] = (d[l] & 0xFFFF) | u32(floatToHalf(r)) << 16;
  }
  resultRaw(w, d, out);
}
void v_fma_mix_f32(Wave& w, const Instruction& i) { mix(w, i, 0); }
void v_fma_mixlo_f16(Wave& w, const Instruction& i) { mix(w, i, 1); }
void v_fma_mixhi_f16(Wave& w, const Instruction& i) { mix(w, i, 2); }

}  // namespace

const std::vector<HandlerRow>& packedHandlers() {
  static const std::vector<HandlerRow> rows = {
      PACKED(HANDLER_ROW)
#define ROW(name) {#name, name},
      ROW(v_pk_fmac_f16) ROW(v_pk_fma_f32) ROW(v_pk_mul_f32) ROW(v_pk_add_f32) ROW(v_pk_mov_b32) ROW(v_fma_mix_f32)
      ROW(v_fma_mixlo_f16) ROW(v_fma_mixhi_f16)
  };
  return rows;
}

}  // namespace emu
