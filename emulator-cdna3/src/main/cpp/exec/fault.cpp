#include "exec/fault.h"

#include <cstdarg>
#include <cstdio>

namespace emu {

void fault(FaultKind kind, const char* format, ...) {
  char text[640];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  throw Fault{kind, text};
}

const char* faultName(FaultKind kind) {
  switch (kind) {
    case FaultKind::UNKNOWN_INSTRUCTION: return "instruction not executed by the emulator";
    case FaultKind::POISONED_REGISTER: return "register used before its load was waited for";
    case FaultKind::BAD_ADDRESS: return "bad address";
    case FaultKind::MEMORY_ORDER: return "memory order";
    case FaultKind::LDS_RACE: return "LDS race";
    case FaultKind::UNINITIALIZED: return "uninitialized read";
    case FaultKind::BAD_REGISTER: return "register beyond the kernel's allocation";
    case FaultKind::TRAP: return "trap";
    case FaultKind::TIME_OUT: return "time-out";
  }
  return "fault";
}

}  // namespace emu
