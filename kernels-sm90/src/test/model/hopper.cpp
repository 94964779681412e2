#include "hopper.h"

#include <algorithm>

namespace model {

constexpr u32 kRankShift = 24;
constexpr u32 kAddressMask = (1u << kRankShift) - 1;
constexpr u32 kMapMagic = 0x7e4504a9;

static std::string number(u64 value) {
  return std::to_string(value);
}

HopperBlock& hopper(Block& block) {
  if (!block.extension) {
    auto made = std::make_unique<HopperBlock>();
    const u32 threads = static_cast<u32>(block.threads.size());
    made->warps.resize(threads / 32);
    made->groups.resize(threads / 128);
    made->registers.assign(threads / 128, machine->launch.registers);
    made->stores.resize(threads);
    made->writers.resize((block.shared.size() + 3) / 4);
    made->fences.assign(threads, 0);
    block.extension = std::move(made);
  }
  return static_cast<HopperBlock&>(*block.extension);
}

u32 mapToRank(u32 address, u32 rank) {
  return (address & kAddressMask) | (rank + 1) << kRankShift;
}

// The block that an address belongs to: the caller's own unless it carries a rank.
static Block& blockOf(u32 address) {
  const u32 rank = address >> kRankShift;
  if (rank == 0) {
    return *current->block;
  }
  auto& blocks = current->block->cluster->blocks;
  if (rank > blocks.size()) {
    machine->fail("the cluster has no block of rank " + number(rank - 1));
  }
  Block& block = *blocks[rank - 1];
  if (block.running == 0) {
    machine->fail("shared memory of a block that has ended");
  }
  return block;
}

// ---- mbarrier ----

static TransactionBarrier& barrierAt(Block& block, u32 address) {
  auto& barriers = hopper(block).barriers;
  const auto found = barriers.find(address & kAddressMask);
  if (found == barriers.end()) {
    machine->fail("no barrier was initialized at " + number(address & kAddressMask));
  }
  if (current != nullptr && current != found->second.initializer && !found->second.fenced) {
    machine->fail("a barrier's initialization was not fenced");
  }
  return found->second;
}

static std::string describeBarrier(const Thread& thread, u64 address, u64 parity) {
  const auto& barrier = hopper(*thread.block).barriers.at(static_cast<u32>(address));
  return "at shared " + number(address) + " for parity " + number(parity) + "; phase " +
         number(barrier.phase) + " lacks " + number(barrier.pending) + " of " +
         number(barrier.arrivals) + " arrivals and " + std::to_string(barrier.bytes) + " bytes";
}

void barrierInit(u32 address, u32 arrivals) {
  if (arrivals == 0 || address % 8 != 0) {
    machine->fail("a barrier needs arrivals and an aligned address");
  }
  current->block->at(address, 8);
  TransactionBarrier& barrier = hopper(*current->block).barriers[address];
  barrier.arrivals = barrier.pending = arrivals;
  barrier.initializer = current;
  barrier.clock.assign(current->knows.size(), 0);
}

void barrierFence() {
  for (auto& entry : hopper(*current->block).barriers) {
    if (entry.second.initializer == current) {
      entry.second.fenced = true;
    }
  }
}

static void completeIfDone(Block& block, TransactionBarrier& barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0) {
    return;
  }
  for (const Landed& landed : barrier.landed) {
    std::memcpy(block.at(landed.address, static_cast<u32>(landed.bytes.size())),
                landed.bytes.data(),
                landed.bytes.size());
  }
  barrier.landed.clear();
  barrier.phase++;
  barrier.pending = barrier.arrivals;
  machine->wake(barrier.queue);
}

void barrierArrive(u32 address, u32 announced) {
  machine->maybeYield();
  Block& block = blockOf(address);
  TransactionBarrier& barrier = barrierAt(block, address);
  barrier.bytes += announced;
  if (barrier.pending == 0) {
    machine->fail("one arrival too many at the barrier at " + number(address & kAddressMask));
  }
  barrier.pending--;
  if (&block == current->block) {
    mergeInto(barrier.clock, current->knows);
  }
  completeIfDone(block, barrier);
}

// True of parity p as soon as the phase of that parity is not the current one.
void barrierAwait(u32 address, u32 parity) {
  machine->maybeYield();
  TransactionBarrier& barrier = barrierAt(*current->block, address);
  while ((barrier.phase & 1) == parity) {
    machine->suspend(barrier.queue, {"an mbarrier", &describeBarrier, address, parity});
  }
  mergeInto(current->knows, barrier.clock);
}

// ---- Copy engine ----

static u32 swizzled(u32 address) {
  return address ^ (address >> 3 & 0x70);
}

void encodeTensorMap(void* map, const TensorMapModel& model) {
  TensorMapModel copy = model;
  copy.magic = kMapMagic;
  static_assert(sizeof copy <= 128, "fits where the driver's would be");
  std::memcpy(map, &copy, sizeof copy);
}

// The bytes of a box in the order of shared memory addresses from `target` on.
static std::vector<u8> readBox(const TensorMapModel& map, i64 inner, i64 outer, u32 target) {
  const u32 rowBytes = map.boxInner * map.elementBytes;
  std::vector<u8> bytes(rowBytes * map.boxOuter);
  for (u32 row = 0; row < map.boxOuter; row++) {
    for (u32 i = 0; i < map.boxInner; i++) {
      const i64 x = inner + i;
      const i64 y = outer + row;
      const u32 at = swizzled(target + row * rowBytes + i * map.elementBytes) - target;
      const bool inside =
          x >= 0 && y >= 0 && x < static_cast<i64>(map.inner) && y < static_cast<i64>(map.outer);
      if (inside) {
        const u64 from = map.base + static_cast<u64>(y) * map.pitch + x * map.elementBytes;
        std::memcpy(&bytes[at], reinterpret_cast<const void*>(from), map.elementBytes);
      } else {
        std::memset(&bytes[at], 0, map.elementBytes);
      }
    }
  }
  return bytes;
}

void loadBox(u32 target, u64 mapAddress, int inner, int outer, u32 barrier, u32 ranks) {
  machine->maybeYield();
  TensorMapModel map;
  std::memcpy(&map, reinterpret_cast<const void*>(mapAddress), sizeof map);
  if (map.magic != kMapMagic) {
    machine->fail("not a tensor map");
  }
  if (current->acquired) {
    machine->fail("the copy engine is asked to read what was acquired, without fence.proxy.async");
  }
  const u32 rowBytes = map.boxInner * map.elementBytes;
  if (target % 128 != 0 || rowBytes != 128 || map.boxOuter > 256 || map.base % 16 != 0 ||
      map.pitch % 16 != 0) {
    machine->fail("a box that the copy engine refuses");
  }
  if (map.outer > 0 && map.inner > 0) {
    machine->check(map.base, 1, "a tensor map");
    machine->check(
        map.base + (map.outer - 1) * map.pitch + map.inner * map.elementBytes - 1, 1, "a box");
  }
  auto& cluster = current->block->cluster->blocks;
  for (u32 rank = 0; rank < cluster.size(); rank++) {
    if ((ranks & 1u << rank) == 0) {
      continue;
    }
    Block& block = *cluster[rank];
    if (block.running == 0) {
      machine->fail("a copy to a block that has ended");
    }
    barrierAt(block, barrier);
    // Whoever still reads what was there reads nothing good from now on.
    std::memset(block.at(target, rowBytes * map.boxOuter), 0xff, rowBytes * map.boxOuter);
    machine->later([=, &block] {
      auto bytes = readBox(map, inner, outer, target);
      TransactionBarrier& at = hopper(block).barriers.at(barrier);
      at.bytes -= static_cast<i64>(bytes.size());
      at.landed.push_back({target, std::move(bytes)});
      completeIfDone(block, at);
    });
  }
  if (ranks >> cluster.size() != 0) {
    machine->fail("a copy to blocks that the cluster does not have");
  }
}

void proxyFence() {
  current->acquired = false;
  current->sawStores = false;
  sharedProxyFence();
}

// Of stores to shared memory; what lies in global memory is not ordered by it.
void sharedProxyFence() {
  hopper(*current->block).fences[current->index.x]++;
}

// ---- Clusters, named barriers, registers ----

void clusterSync() {
  Cluster& cluster = *current->block->cluster;
  const u32 each = static_cast<u32>(current->block->threads.size());
  machine->meet(cluster.meeting,
                each * static_cast<u32>(cluster.blocks.size()),
                "barrier.cluster",
                current->block->rank * each + current->index.x,
                nullptr,
                false,
                [](Meeting&) {});
}

void namedBarrier(int barrier, u32 threads, bool waits) {
  if (barrier < 1 || barrier > 15 || threads % 32 != 0) {
    machine->fail("no such named barrier");
  }
  machine->meet(
      current->block->barriers[barrier],
      threads,
      "a named barrier",
      threads,
      nullptr,
      true,
      [](Meeting&) {},
      waits);
}

static Meeting& groupMeeting() {
  return hopper(*current->block).groups[current->index.x / 128];
}

void changeRegisters(u32 registers, bool more) {
  HopperBlock& block = hopper(*current->block);
  const u32 group = current->index.x / 128;
  machine->meet(
      groupMeeting(), 128, "setmaxnreg", current->index.x % 128, nullptr, false, [](Meeting&) {});
  if (current->index.x % 128 == 0) {
    u32& mine = block.registers[group];
    if (more != (registers > mine)) {
      machine->fail("setmaxnreg in the wrong direction");
    }
    if (more) {
      while (block.spareRegisters < (registers - mine) * 128) {
        machine->suspend(block.registerQueue, {"registers", nullptr, 0, 0});
      }
      block.spareRegisters -= (registers - mine) * 128;
    } else {
      block.spareRegisters += (mine - registers) * 128;
      machine->wake(block.registerQueue);
    }
    mine = registers;
  }
  machine->meet(
      groupMeeting(), 128, "setmaxnreg", current->index.x % 128, nullptr, false, [](Meeting&) {});
}

}  // namespace model
