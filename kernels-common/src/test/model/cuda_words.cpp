#include "cuda_words.h"

namespace model {

static bool reduce(
    Meeting& meeting, u32 expected, u32 place, const char* operation, bool value, bool any) {
  bool mine = value;
  machine->meet(meeting, expected, operation, place, &mine, true, [any](Meeting& all) {
    bool result = !any;
    for (void* argument : all.arguments) {
      const bool theirs = *static_cast<bool*>(argument);
      result = any ? result || theirs : result && theirs;
    }
    for (void* argument : all.arguments) {
      *static_cast<bool*>(argument) = result;
    }
  });
  return mine;
}

bool warpAll(const char* operation, bool value) {
  Block& block = *current->block;
  return reduce(block.warps[current->warp()], 32, current->lane(), operation, value, false);
}

bool blockReduce(const char* operation, bool value, bool any) {
  Block& block = *current->block;
  return reduce(block.barriers[0],
                static_cast<u32>(block.threads.size()),
                current->index.x,
                operation,
                value,
                any);
}

}  // namespace model
