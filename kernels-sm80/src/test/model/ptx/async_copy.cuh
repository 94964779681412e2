#pragma once
// The twin of the kernels' ptx/async_copy.cuh. A copy may happen at once or as late as the wait for
// its group; until then its target holds what is no number, so that who reads too early is found.

#include <deque>

#include "base/types.h"
#include "machine.h"

namespace counterpoint {

struct AsyncCopies : model::BlockExtension {
  struct Copy {
    u32 target;
    u64 source;
    i32 width;
    i32 bytes;
  };
  struct Lane {
    std::vector<Copy> open;
    std::deque<std::vector<Copy>> groups;
  };
  std::vector<Lane> lanes;

  static Lane& mine() {
    model::Block& block = *model::current->block;
    if (!block.extension) {
      auto copies = std::make_unique<AsyncCopies>();
      copies->lanes.resize(block.threads.size());
      block.extension = std::move(copies);
    }
    return static_cast<AsyncCopies&>(*block.extension).lanes[model::current->index.x];
  }

  static void perform(const Copy& copy) {
    u8 bytes[16] = {};
    if (copy.bytes == copy.width) {
      model::machine->load(copy.source, bytes, copy.width);
    } else {
      for (i32 i = 0; i < copy.bytes; i++) {
        model::machine->load(copy.source + i, bytes + i, 1);
      }
    }
    std::memcpy(model::current->block->at(copy.target, copy.width), bytes, copy.width);
  }

  static void issue(const Copy& copy) {
    if (copy.target % copy.width != 0 || (copy.bytes > 0 && copy.source % copy.width != 0)) {
      model::machine->fail("cp.async at a misaligned address");
    }
    if (model::machine->eager()) {
      perform(copy);
      return;
    }
    std::memset(model::current->block->at(copy.target, copy.width), 0xff, copy.width);
    mine().open.push_back(copy);
  }
};

CP_DEVICE void copyAsync16(u32 target, u64 source, bool valid) {
  AsyncCopies::issue({target, source, 16, valid ? 16 : 0});
}

template <i32 WIDTH>
CP_DEVICE void copyAsyncNarrow(u32 target, u64 source, i32 bytes) {
  AsyncCopies::issue({target, source, WIDTH, bytes});
}

CP_DEVICE void commitAsyncCopies() {
  AsyncCopies::Lane& mine = AsyncCopies::mine();
  mine.groups.push_back(std::move(mine.open));
  mine.open.clear();
}

template <i32 PENDING>
CP_DEVICE void awaitAsyncCopies() {
  AsyncCopies::Lane& mine = AsyncCopies::mine();
  while (mine.groups.size() > PENDING) {
    for (const AsyncCopies::Copy& copy : mine.groups.front()) {
      AsyncCopies::perform(copy);
    }
    mine.groups.pop_front();
  }
}

}  // namespace counterpoint
