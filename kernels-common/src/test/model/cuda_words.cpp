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

float warpShuffle(const char* operation, float value, u32 lane) {
  struct Argument {
    float value;
    u32 lane;
    float taken;
  };
  if (lane >= 32) {
    machine->fail("a shuffle from a lane that no warp has");
  }
  Argument mine{value, lane, 0};
  Block& block = *current->block;
  const auto take = [](Meeting& all) {
    for (void* argument : all.arguments) {
      auto& theirs = *static_cast<Argument*>(argument);
      theirs.taken = static_cast<Argument*>(all.arguments[theirs.lane])->value;
    }
  };
  machine->meet(
      block.warps[current->warp()], 32, operation, current->lane(), &mine, false, take);
  return mine.taken;
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

static float treeOf(const std::vector<void*>& values, u32 warp) {
  float lanes[32];
  for (u32 lane = 0; lane < 32; lane++) {
    lanes[lane] = *static_cast<float*>(values[warp * 32 + lane]);
  }
  for (u32 distance = 16; distance > 0; distance /= 2) {
    float next[32];
    for (u32 lane = 0; lane < 32; lane++) {
      next[lane] = lanes[lane] + lanes[lane ^ distance];
    }
    std::memcpy(lanes, next, sizeof lanes);
  }
  return lanes[0];
}

float blockSum(const char* operation, float value) {
  Block& block = *current->block;
  const u32 threads = static_cast<u32>(block.threads.size());
  float mine = value;
  machine->meet(
      block.barriers[0], threads, operation, current->index.x, &mine, true, [](Meeting& all) {
        float sum = 0;
        for (u32 warp = 0; warp < all.arguments.size() / 32; warp++) {
          sum += treeOf(all.arguments, warp);
        }
        for (void* argument : all.arguments) {
          *static_cast<float*>(argument) = sum;
        }
      });
  return mine;
}

}  // namespace model
