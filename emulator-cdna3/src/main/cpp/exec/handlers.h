// The tables of what executes which opcode, one per file.
#pragma once
#include <vector>

#include "exec/lanes.h"

namespace emu {
const std::vector<HandlerRow>& scalarHandlers();
const std::vector<HandlerRow>& programHandlers();
const std::vector<HandlerRow>& scalarMemoryHandlers();
const std::vector<HandlerRow>& integerHandlers();
const std::vector<HandlerRow>& floatHandlers();
const std::vector<HandlerRow>& wideHandlers();
const std::vector<HandlerRow>& convertHandlers();
const std::vector<HandlerRow>& laneHandlers();
const std::vector<HandlerRow>& packedHandlers();
const std::vector<HandlerRow>& dotHandlers();
const std::vector<HandlerRow>& matrixHandlers();
const std::vector<HandlerRow>& ldsHandlers();
const std::vector<HandlerRow>& ldsAtomicHandlers();
const std::vector<HandlerRow>& globalHandlers();
const std::vector<HandlerRow>& atomicHandlers();
/// Compares are found by the parts of their name.
Handler compareHandler(const Opcode& op);
}  // namespace emu
