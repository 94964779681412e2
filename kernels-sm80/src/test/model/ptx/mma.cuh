#pragma once
// The twin of the kernels' ptx/mma.cuh: the layout of fragments is that of the PTX ISA, which is
// the same in bytes for all types; products are summed in binary64 and rounded once to the sum.

#include "base/types.h"
#include "machine.h"
#include "small_floats.h"

namespace counterpoint {

struct MmaLane {
  void* sum;
  const u32* a;
  const u32* b;
};

// One mma of 16 rows by 8 columns over 32 bytes of K, whose elements `Input::value` reads.
template <class Input>
void multiplyTogether(model::Meeting& all) {
  using Sum = typename Input::Sum;
  constexpr i32 kDepth = 32 / Input::kBytes;
  u8 rows[16][32];
  u8 cols[8][32];
  for (u32 lane = 0; lane < 32; lane++) {
    const auto& mine = *static_cast<MmaLane*>(all.arguments[lane]);
    const u32 g = lane / 4, j = lane % 4;
    for (u32 i = 0; i < 4; i++) {
      std::memcpy(&rows[g + i % 2 * 8][i / 2 * 16 + 4 * j], &mine.a[i], 4);
    }
    for (u32 i = 0; i < 2; i++) {
      std::memcpy(&cols[g][i * 16 + 4 * j], &mine.b[i], 4);
    }
  }
  double a[16][kDepth], b[8][kDepth];
  for (i32 k = 0; k < kDepth; k++) {
    for (i32 row = 0; row < 16; row++) {
      a[row][k] = Input::value(&rows[row][k * Input::kBytes]);
    }
    for (i32 col = 0; col < 8; col++) {
      b[col][k] = Input::value(&cols[col][k * Input::kBytes]);
    }
  }
  for (u32 lane = 0; lane < 32; lane++) {
    auto* sum = static_cast<Sum*>(static_cast<MmaLane*>(all.arguments[lane])->sum);
    for (u32 i = 0; i < 4; i++) {
      const double* x = a[lane / 4 + i / 2 * 8];
      const double* y = b[lane % 4 * 2 + i % 2];
      double total = sum[i];
      for (i32 k = 0; k < kDepth; k++) {
        total += x[k] * y[k];
      }
      sum[i] = static_cast<Sum>(total);
    }
  }
}

template <class Input>
struct Multiplies {
  static u32 prepare(u32 bits) { return bits; }
  template <class Sum>
  static void multiply(Sum (&sum)[4], const u32 (&a)[4], const u32 (&b)[2]) {
    MmaLane mine{sum, a, b};
    model::machine->meet(model::current->block->warps[model::current->warp()],
                         32,
                         "mma.sync",
                         model::current->lane(),
                         &mine,
                         true,
                         multiplyTogether<Input>);
  }
};

template <class Bits>
CP_DEVICE Bits bitsAt(const u8* at) {
  Bits bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

// All values of a format of one or two bytes.
template <class Bits>
std::vector<double> valuesOf(const model::FloatFormat& format) {
  std::vector<double> values(std::size_t{1} << 8 * sizeof(Bits));
  for (std::size_t bits = 0; bits < values.size(); bits++) {
    values[bits] = model::decode(format, static_cast<u32>(bits));
  }
  return values;
}

struct Bf16 : Multiplies<Bf16> {
  using Sum = f32;
  static constexpr i32 kBytes = 2;
  static double value(const u8* at) {
    return __uint_as_float(static_cast<u32>(bitsAt<u16>(at)) << 16);
  }
};

struct Fp16 : Multiplies<Fp16> {
  using Sum = f32;
  static constexpr i32 kBytes = 2;
  static double value(const u8* at) {
    static const auto values = valuesOf<u16>(model::kFp16Format);
    return values[bitsAt<u16>(at)];
  }
};

// The instruction looks at the upper nineteen bits only.
struct Tf32 : Multiplies<Tf32> {
  using Sum = f32;
  static constexpr i32 kBytes = 4;
  static u32 prepare(u32 bits) { return (bits & 0x7f800000) == 0x7f800000 ? bits : bits + 0x1000; }
  static double value(const u8* at) { return __uint_as_float(bitsAt<u32>(at) & 0xffffe000); }
};

struct Int8 : Multiplies<Int8> {
  using Sum = i32;
  static constexpr i32 kBytes = 1;
  static double value(const u8* at) { return static_cast<i8>(*at); }
};

struct E4m3 : Multiplies<E4m3> {
  using Sum = f32;
  static constexpr i32 kBytes = 1;
  static double value(const u8* at) {
    static const auto values = valuesOf<u8>(model::kE4m3Format);
    return values[*at];
  }
};

struct E5m2 : Multiplies<E5m2> {
  using Sum = f32;
  static constexpr i32 kBytes = 1;
  static double value(const u8* at) {
    static const auto values = valuesOf<u8>(model::kE5m2Format);
    return values[*at];
  }
};

}  // namespace counterpoint
