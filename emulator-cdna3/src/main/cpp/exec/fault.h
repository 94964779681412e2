// What stops a kernel: an exception inside the emulator, a HIP error and a text outside of it.
#pragma once
#include <string>

namespace emu {

enum class FaultKind {
  UNKNOWN_INSTRUCTION,  // bits, opcode or modifier that is not executed here
  POISONED_REGISTER,    // read before the s_waitcnt that its load needs
  BAD_ADDRESS,          // out of range, freed, no peer access, unaligned
  MEMORY_ORDER,         // read of data not released, stale read, wrong scope
  LDS_RACE,
  UNINITIALIZED,
  BAD_REGISTER,         // beyond what the kernel allocated
  TRAP,
  TIME_OUT
};

struct Fault {
  FaultKind kind;
  std::string text;
};

[[noreturn]] void fault(FaultKind kind, const char* format, ...) __attribute__((format(printf, 2, 3)));
const char* faultName(FaultKind kind);

}  // namespace emu
