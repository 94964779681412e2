#pragma once
// Twin of the kernels' ptx/exchange.cuh.

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

CP_DEVICE u32 exchange(u32 value, i32 bit) {
  struct Given {
    u32 value;
    i32 bit;
  };
  Given mine{value, bit};
  model::Block& block = *model::current->block;
  const auto swap = [](model::Meeting& all) {
    u32 taken[32];
    for (u32 lane = 0; lane < 32; lane++) {
      taken[lane] =
          static_cast<Given*>(all.arguments[lane ^ static_cast<Given*>(all.arguments[lane])->bit])
              ->value;
    }
    for (u32 lane = 0; lane < 32; lane++) {
      static_cast<Given*>(all.arguments[lane])->value = taken[lane];
    }
  };
  model::machine->meet(block.warps[model::current->warp()],
                       32,
                       "shfl.bfly",
                       model::current->lane(),
                       &mine,
                       false,
                       swap);
  return mine.value;
}

}  // namespace counterpoint
