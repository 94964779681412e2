// Matrix fused multiply-add: D = A·B + C for a whole wave.
//
// Where the elements live (AMD's published layouts), for M = N and `blocks` independent products:
//   A: lane l holds row l % M; its group l / M is a block (several blocks) or a run of k (one block);
//      the elements of a lane are consecutive in k.
//   B: the same with columns instead of rows.
//   C, D: lane l holds column l % N.
//      M = 32: register r of 16 holds row 8·(r / 4) + 4·(l / 32) + r % 4; block b uses registers 16·b and up
//      M = 16: register r of 4 holds row 4·(l / 16) + r; block b uses registers 4·b and up
//      M = 4: register r holds row r of block l / 4
#include <cmath>

#include "exec/fp8.h"
#include "exec/handlers.h"

namespace emu {
namespace {

enum class Element : u8 { F32, F16, BF16, I8, FP8, BF8 };

constexpr unsigned bytesOf(Element e) {
  return e == Element::F32 ? 4 : e == Element::F16 || e == Element::BF16 ? 2 : 1;
}

template <Element E> inline float toFloat(const u8* at, const float* table) {
  if constexpr (E == Element::F32) {
    float f;
    std::memcpy(&f, at, 4);
    return f;
  } else if constexpr (E == Element::FP8 || E == Element::BF8) {
    return table[*at];
  } else {
    u16 h;
    std::memcpy(&h, at, 2);
    return E == Element::F16 ? halfToFloat(h) : bitsAs<float>(u32(h) << 16);
  }
}

/// The elements of one lane of a source, in order of k.
template <Element E, class T, unsigned COUNT> inline void laneElements(const u32* const* registers, unsigned lane, T* out, const float* table) {
  constexpr unsigned BYTES = bytesOf(E), WORDS = (COUNT * BYTES + 3) / 4;
  u32 words[WORDS];
  for (unsigned r = 0; r < WORDS; r++) words[r] = registers[r][lane];
  const u8* bytes = reinterpret_cast<const u8*>(words);
  for (unsigned k = 0; k < COUNT; k++) {
    if constexpr (E == Element::I8) out[k] = i8(bytes[k]);
    else out[k] = toFloat<E>(bytes + k * BYTES, table);
  }
}

template <class T> inline T multiplyAdd(T a, T b, T c) {
  if constexpr (std::is_same<T, float>::value) return std::fma(a, b, c);
  else return T(u32(a) * u32(b) + u32(c));
}

template <unsigned M, unsigned K, unsigned BLOCKS, Element EA, Element EB> void mfma(Wave& w, const Instruction& i) {
  using T = typename std::conditional<EA == Element::I8, i32, float>::type;
  constexpr unsigned GROUPS = LANES / M;                      // lane groups of a source
  constexpr unsigned PER_LANE = K * BLOCKS / GROUPS;          // elements of a source per lane
  constexpr unsigned REGISTERS = M * M * BLOCKS / LANES;      // of C and D
  constexpr unsigned PER_BLOCK = M == 4 ? REGISTERS : REGISTERS / BLOCKS;
  if (i.cbsz || i.abid || i.blgp) fault(FaultKind::UNKNOWN_INSTRUCTION, "broadcasts of MFMA (cbsz, abid, blgp) are not executed");
  if (!w.allActive()) fault(FaultKind::UNKNOWN_INSTRUCTION, "MFMA with inactive lanes: the hardware ignores EXEC here, most code does not mean that");

  alignas(64) u32 constant[LANES];
  alignas(64) T a[BLOCKS][M][K], b[BLOCKS][K][M], c[REGISTERS][LANES];
  const u32 *sourceA[4], *sourceB[4];
  for (unsigned r = 0; r < i.src[0].width; r++) sourceA[r] = w.vector(i.src[0], r);
  for (unsigned r = 0; r < i.src[1].width; r++) sourceB[r] = w.vector(i.src[1], r);
  const float* tableA = EA == Element::BF8 ? bf8Table() : fp8Table();
  const float* tableB = EB == Element::BF8 ? bf8Table() : fp8Table();
  for (unsigned l = 0; l < LANES; l++) {
    T elements[PER_LANE];
    const unsigned group = l / M, block = BLOCKS > 1 ? group : 0, k0 = BLOCKS > 1 ? 0 : group * PER_LANE;
    laneElements<EA, T, PER_LANE>(sourceA, l, elements, tableA);
    for (unsigned k = 0; k < PER_LANE; k++) a[block][l % M][k0 + k] = elements[k];
    laneElements<EB, T, PER_LANE>(sourceB, l, elements, tableB);
    for (unsigned k = 0; k < PER_LANE; k++) b[block][k0 + k][l % M] = elements[k];
  }
  for (unsigned r = 0; r < REGISTERS; r++) {
    const Operand& o = i.src[2];
    const u32* from = sourceRaw(w, o, o.kind == Kind::CONSTANT ? 0 : r, constant);
    std::memcpy(c[r], from, sizeof c[r]);
  }
  for (unsigned r = 0; r < REGISTERS; r++) {
    for (unsigned group = 0; group < GROUPS; group++) {
      const unsigned block = M == 4 ? group : r / PER_BLOCK, inBlock = r % PER_BLOCK;
      const unsigned row = M == 32 ? 8 * (inBlock / 4) + 4 * group + inBlock % 4 : M == 16 ? 4 * group + inBlock : inBlock;
      T* sum = &c[r][group * M];
      for (unsigned k = 0; k < K; k++) {
        const T factor = a[block][row][k];
        for (unsigned n = 0; n < M; n++) sum[n] = multiplyAdd(factor, b[block][k][n], sum[n]);
      }
    }
  }
  for (unsigned r = 0; r < REGISTERS; r++) std::memcpy(w.vector(i.dst, r), c[r], sizeof c[r]);
}

}  // namespace

const std::vector<HandlerRow>& matrixHandlers() {
  using E = Element;
  static const std::vector<HandlerRow> rows = {
      {"v_mfma_f32_32x32x1_2b_f32", mfma<32, 1, 2, E::F32, E::F32>},
      {"v_mfma_f32_16x16x1_4b_f32", mfma<16, 1, 4, E::F32, E::F32>},
      {"v_mfma_f32_4x4x1_16b_f32", mfma<4, 1, 16, E::F32, E::F32>},
      {"v_mfma_f32_32x32x2_f32", mfma<32, 2, 1, E::F32, E::F32>},
      {"v_mfma_f32_16x16x4_f32", mfma<16, 4, 1, E::F32, E::F32>},
      {"v_mfma_f32_32x32x4_2b_f16", mfma<32, 4, 2, E::F16, E::F16>},
      {"v_mfma_f32_16x16x4_4b_f16", mfma<16, 4, 4, E::F16, E::F16>},
      {"v_mfma_f32_4x4x4_16b_f16", mfma<4, 4, 16, E::F16, E::F16>},
      {"v_mfma_f32_32x32x8_f16", mfma<32, 8, 1, E::F16, E::F16>},
      {"v_mfma_f32_16x16x16_f16", mfma<16, 16, 1, E::F16, E::F16>},
      {"v_mfma_f32_32x32x4_2b_bf16", mfma<32, 4, 2, E::BF16, E::BF16>},
      {"v_mfma_f32_16x16x4_4b_bf16", mfma<16, 4, 4, E::BF16, E::BF16>},
      {"v_mfma_f32_4x4x4_16b_bf16", mfma<4, 4, 16, E::BF16, E::BF16>},
      {"v_mfma_f32_32x32x8_bf16", mfma<32, 8, 1, E::BF16, E::BF16>},
      {"v_mfma_f32_16x16x16_bf16", mfma<16, 16, 1, E::BF16, E::BF16>},
      {"v_mfma_i32_32x32x4_2b_i8", mfma<32, 4, 2, E::I8, E::I8>},
      {"v_mfma_i32_16x16x4_4b_i8", mfma<16, 4, 4, E::I8, E::I8>},
      {"v_mfma_i32_4x4x4_16b_i8", mfma<4, 4, 16, E::I8, E::I8>},
      {"v_mfma_i32_32x32x16_i8", mfma<32, 16, 1, E::I8, E::I8>},
      {"v_mfma_i32_16x16x32_i8", mfma<16, 32, 1, E::I8, E::I8>},
      {"v_mfma_f32_16x16x32_fp8_fp8", mfma<16, 32, 1, E::FP8, E::FP8>},
      {"v_mfma_f32_16x16x32_fp8_bf8", mfma<16, 32, 1, E::FP8, E::BF8>},
      {"v_mfma_f32_16x16x32_bf8_fp8", mfma<16, 32, 1, E::BF8, E::FP8>},
      {"v_mfma_f32_16x16x32_bf8_bf8", mfma<16, 32, 1, E::BF8, E::BF8>},
      {"v_mfma_f32_32x32x16_fp8_fp8", mfma<32, 16, 1, E::FP8, E::FP8>},
      {"v_mfma_f32_32x32x16_fp8_bf8", mfma<32, 16, 1, E::FP8, E::BF8>},
      {"v_mfma_f32_32x32x16_bf8_fp8", mfma<32, 16, 1, E::BF8, E::FP8>},
      {"v_mfma_f32_32x32x16_bf8_bf8", mfma<32, 16, 1, E::BF8, E::BF8>},
  };
  return rows;
}

}  // namespace emu
