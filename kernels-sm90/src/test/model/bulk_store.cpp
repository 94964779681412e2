// Bulk stores from shared to global memory as the PTX ISA describes them: asynchronous, through a
// proxy of their own, waited for in groups by the thread that asked.

#include "hopper.h"

namespace model {

// ---- Ordinary stores to what the copy engine reads ----

void HopperBlock::write(u32 address, u32 size) {
  for (const SharedRange& range : unread) {
    if (address < range.end && address + size > range.from) {
      machine->fail("shared memory is overwritten before the copy engine has read it");
    }
  }
  for (u32 word = (address - kSharedBase) / 4; word <= (address + size - 1 - kSharedBase) / 4;
       word++) {
    writers[word] = {current->index.x, fences[current->index.x], true};
  }
}

static void requireFenced(const HopperBlock& block, u32 from, u32 bytes) {
  for (u32 word = (from - kSharedBase) / 4; word < (from + bytes - kSharedBase) / 4; word++) {
    const WordWriter& writer = block.writers[word];
    if (writer.any && block.fences[writer.thread] == writer.fences) {
      machine->fail("the copy engine is asked to read what thread " +
                    std::to_string(writer.thread) + " wrote, without fence.proxy.async there");
    }
  }
}

// ---- Instructions ----

static StoreState& storeState() {
  return hopper(*current->block).stores[current->index.x];
}

static StoreGroup& openGroup(StoreState& state) {
  if (state.groups.empty() || state.groups.back()->committed) {
    state.groups.push_back(std::make_shared<StoreGroup>());
  }
  return *state.groups.back();
}

void storeBulk(u64 to, u32 from, u32 bytes) {
  machine->maybeYield();
  Block& block = *current->block;
  HopperBlock& extension = hopper(block);
  if (bytes == 0 || bytes % 16 != 0 || from % 16 != 0 || to % 16 != 0) {
    machine->fail("a bulk store that is no multiple of sixteen bytes");
  }
  block.at(from, bytes);
  machine->check(to, bytes, "bulk store");
  if (current->acquired) {
    machine->fail("a bulk store after what was acquired, without fence.proxy.async");
  }
  requireFenced(extension, from, bytes);
  StoreState& state = storeState();
  openGroup(state).unread++;
  openGroup(state).incomplete++;
  const auto group = state.groups.back();
  const auto range = extension.unread.insert(extension.unread.end(), {from, from + bytes});
  machine->later([=, &block, &state] {
    if (block.running == 0) {
      machine->fail("a bulk store reads shared memory of a block that has ended");
    }
    const u8* source = block.at(from, bytes);
    const std::vector<u8> read(source, source + bytes);
    hopper(block).unread.erase(range);
    group->unread--;
    machine->wake(state.queue);
    machine->later([=, &state] {
      std::memcpy(reinterpret_cast<void*>(to), read.data(), read.size());
      group->incomplete--;
      machine->wake(state.queue);
    });
  });
}

void storesCommit() {
  StoreState& state = storeState();
  if (!state.groups.empty()) {
    state.groups.back()->committed = true;
  }
}

void storesAwait(bool readOnly) {
  machine->maybeYield();
  StoreState& state = storeState();
  const auto pending = [&] {
    for (const auto& group : state.groups) {
      if (group->committed && (readOnly ? group->unread : group->incomplete) > 0) {
        return true;
      }
    }
    return false;
  };
  while (pending()) {
    machine->suspend(state.queue, {"bulk stores", nullptr, 0, 0});
  }
  if (!readOnly) {
    current->sawStores |= !state.groups.empty();
    state.groups.clear();
  }
}

}  // namespace model
