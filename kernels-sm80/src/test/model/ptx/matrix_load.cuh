#pragma once
// The twin of the kernels' ptx/matrix_load.cuh: a warp meets, and the last lane hands out.

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

struct MatrixRow {
  u32 address;
  u32* registers;
};

template <class Pick>
CP_DEVICE void meetForMatrices(const char* what, u32 (&r)[4], u32 rowAddress, const Pick& pick) {
  MatrixRow mine{rowAddress, r};
  model::Block& block = *model::current->block;
  const auto handOut = [&block, &pick](model::Meeting& all) {
    for (u32 i = 0; i < 4; i++) {
      const u8* rows[8];
      for (u32 row = 0; row < 8; row++) {
        const u32 address = static_cast<MatrixRow*>(all.arguments[8 * i + row])->address;
        if (address % 16 != 0) {
          model::machine->fail("ldmatrix of a misaligned row");
        }
        rows[row] = block.at(address, 16);
      }
      for (u32 lane = 0; lane < 32; lane++) {
        static_cast<MatrixRow*>(all.arguments[lane])->registers[i] = pick(rows, lane);
      }
    }
  };
  model::machine->meet(block.warps[model::current->warp()],
                       32,
                       what,
                       model::current->lane(),
                       &mine,
                       true,
                       handOut);
}

CP_DEVICE void loadMatrices(u32 (&r)[4], u32 rowAddress) {
  meetForMatrices("ldmatrix", r, rowAddress, [](const u8* const* rows, u32 lane) {
    u32 word;
    std::memcpy(&word, rows[lane / 4] + lane % 4 * 4, 4);
    return word;
  });
}

CP_DEVICE void loadMatricesTransposed(u32 (&r)[4], u32 rowAddress) {
  meetForMatrices("ldmatrix.trans", r, rowAddress, [](const u8* const* rows, u32 lane) {
    u16 halves[2];
    for (u32 i = 0; i < 2; i++) {
      std::memcpy(&halves[i], rows[lane % 4 * 2 + i] + lane / 4 * 2, 2);
    }
    return halves[0] | static_cast<u32>(halves[1]) << 16;
  });
}

}  // namespace counterpoint
