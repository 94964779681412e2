// From an opcode to what executes it.
#include <cstring>
#include <string>
#include <unordered_map>

#include "exec/handlers.h"

namespace emu {
namespace {

void unknown(Wave&, const Instruction& i) {
  if (i.op) fault(FaultKind::UNKNOWN_INSTRUCTION, "%s has no implementation", i.op->name);
  fault(FaultKind::UNKNOWN_INSTRUCTION, "the bits 0x%08x are no instruction that the decoder knows", i.words[0]);
}

void modifier(Wave&, const Instruction&) { fault(FaultKind::UNKNOWN_INSTRUCTION, "a modifier of this instruction is not executed"); }

const std::unordered_map<std::string, Handler>& handlers() {
  static const std::unordered_map<std::string, Handler> map = [] {
    std::unordered_map<std::string, Handler> m;
    for (const auto* rows : {&scalarHandlers(), &programHandlers(), &scalarMemoryHandlers(), &integerHandlers(), &floatHandlers(),
                             &wideHandlers(), &convertHandlers(), &laneHandlers(), &packedHandlers(), &dotHandlers(),
                             &matrixHandlers(), &ldsHandlers(), &ldsAtomicHandlers(), &globalHandlers(), &atomicHandlers()})
      for (const HandlerRow& row : *rows) m[row.name] = row.run;
    return m;
  }();
  return map;
}

bool isFloat(char type) { return type == 'f' || type == 'h' || type == 'd'; }

bool modifiersKnown(const Instruction& i) {
  const bool vector = i.op->format == Format::VOP1 || i.op->format == Format::VOP2 || i.op->format == Format::VOP3 ||
                      i.op->format == Format::VOPC;
  if (!vector) return true;
  if (i.clamp || i.omod) {
    // Saturation of integers is not executed, save where an implementation says that it handles it.
    if (i.op->format == Format::VOPC) return false;
    if (!isFloat(i.op->dstType) && !std::strstr(i.op->name, "v_add_") && !std::strstr(i.op->name, "v_sub")) return false;
    if (!isFloat(i.op->dstType) && i.omod) return false;
    if (!isFloat(i.op->dstType) && std::strstr(i.op->name, "_co_")) return false;
  }
  return true;
}

}  // namespace

void bind(Instruction& i) {
  i.run = unknown;
  if (!i.op) return;
  if (i.op->format == Format::VOPC) {
    if (Handler compare = compareHandler(*i.op)) i.run = compare;
  } else {
    std::string name = i.op->name;
    if (i.op->format == Format::FLAT) name = "mem_" + name;
    const auto found = handlers().find(name);
    if (found != handlers().end()) i.run = found->second;
  }
  if (i.run != unknown && !modifiersKnown(i)) i.run = modifier;
}

}  // namespace emu
