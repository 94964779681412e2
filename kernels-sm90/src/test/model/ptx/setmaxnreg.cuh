#pragma once
// Twin of the kernels' ptx/setmaxnreg.cuh.

#include "base/types.h"
#include "hopper.h"

namespace counterpoint {

template <i32 REGISTERS>
CP_DEVICE void keepRegisters() {
  model::changeRegisters(REGISTERS, false);
}
template <i32 REGISTERS>
CP_DEVICE void takeRegisters() {
  model::changeRegisters(REGISTERS, true);
}

}  // namespace counterpoint
