#pragma once
// The twin of the kernels' ptx/special.cuh on the machine of fibers.

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

constexpr i32 kWarp = 32;

CP_DEVICE u64 globalNanos() {
  return model::machine->now;
}

CP_DEVICE void pauseNanos(u32 nanos) {
  model::machine->sleep(nanos);
}

CP_DEVICE i32 forget(i32 value) {
  return value;
}

CP_DEVICE i32 threadAnew() {
  return static_cast<i32>(model::current->index.x);
}

CP_DEVICE u32 multiprocessor() {
  return model::current->block->index.x;
}

}  // namespace counterpoint
