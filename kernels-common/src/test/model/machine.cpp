#include "machine.h"

#include <algorithm>

namespace model {

Machine* machine = nullptr;
Thread* current = nullptr;

// Thrown by what the scheduler itself runs.
struct Stopped {};

void mergeInto(Clock& clock, const Clock& other) {
  const size_t count = std::min(clock.size(), other.size());
  u32* mine = clock.data();
  const u32* theirs = other.data();
  for (size_t i = 0; i < count; i++) {
    mine[i] = std::max(mine[i], theirs[i]);
  }
}

u8* Block::at(u32 address, u32 size) {
  if (address < kSharedBase || address - kSharedBase + size > shared.size()) {
    machine->fail("shared memory has no address " + std::to_string(address));
  }
  return shared.data() + (address - kSharedBase);
}

// Seeds differ in more than the order of draws: each also has a temper.
Machine::Machine(u64 seed) : state(seed * 0x9e3779b97f4a7c15ull + 0x1234567) {
  const u64 temper = seed % 6;
  policy.asyncOnlyWhenIdle = temper == 1 || temper == 5;
  policy.asyncFirst = temper == 2;
  policy.newestFirst = temper == 3;
  policy.uneven = temper >= 4;
  policy.lazyStores = seed / 6 % 2 == 0;
  policy.eagerWork = seed / 12 % 2 == 1;
  machine = this;
}

Machine::~Machine() {
  machine = nullptr;
}

u32 Machine::random(u32 below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<u32>((state >> 20) % below);
}

void Machine::fail(const std::string& what) {
  if (!failed) {
    failed = true;
    failure = what;
    if (current != nullptr) {
      failure += current->block == nullptr
                     ? " [an actor]"
                     : " [block " + std::to_string(current->block->index.x) + ", thread " +
                           std::to_string(current->index.x) + "]";
    }
  }
  if (current == nullptr) {
    throw Stopped{};
  }
  // The scheduler never enters this fiber again.
  for (;;) {
    switchOut();
  }
}

void Machine::switchOut() {
  Thread* self = current;
  self->fiber.leave();
  current = self;
}

void Machine::suspend(WaitQueue& queue, const Reason& reason) {
  current->reason = reason;
  queue.waiting.push_back(current);
  switchOut();
}

void Machine::wake(WaitQueue& queue) {
  runnable.insert(runnable.end(), queue.waiting.begin(), queue.waiting.end());
  queue.waiting.clear();
}

void Machine::sleep(u64 nanos) {
  current->wakeAt = now + nanos;
  sleepers.push_back(current);
  switchOut();
}

void Machine::maybeYield() {
  if (random(4) == 0) {
    runnable.push_back(current);
    switchOut();
  }
}

void Machine::later(std::function<void()> operation) {
  pending.push_back(std::move(operation));
}

void Machine::start(Thread& thread, std::function<void()> body, u64 delay) {
  alive++;
  thread.fiber.begin([this, &thread, body = std::move(body)] {
    body();
    alive--;
    if (thread.block != nullptr) {
      thread.block->running--;
    }
  });
  thread.wakeAt = now + delay;
  (delay == 0 ? runnable : sleepers).push_back(&thread);
}

void Machine::actor(std::function<void()> body) {
  actors.push_back(std::make_unique<Thread>());
  start(*actors.back(), std::move(body), 0);
}

static void take(std::vector<Thread*>& from, size_t i, Thread*& thread) {
  thread = from[i];
  from[i] = from.back();
  from.pop_back();
}

// Where threads are uneven, each warp is as fast as others, eight or sixty-four times slower, until
// the dice are thrown again.
Thread* Machine::pick() {
  const u32 count = static_cast<u32>(runnable.size());
  u32 i = random(count);
  if (policy.newestFirst && random(8) != 0) {
    i = count - 1;
  }
  for (u32 tries = 0; policy.uneven && tries < 8; tries++) {
    const Thread& thread = *runnable[i];
    const u64 block = thread.block == nullptr
                          ? 99
                          : thread.block->index.x + u64{launch.grid} * thread.block->member;
    const u64 dice = (block * 64 + thread.warp() + now / 50000 * 7919) * 0x9e3779b97f4a7c15ull;
    if (random(1u << dice / (1ull << 61) % 3 * 3) == 0) {
      break;
    }
    i = random(count);
  }
  Thread* thread;
  take(runnable, i, thread);
  return thread;
}

void Machine::step() {
  now += 1 + random(4);
  for (size_t i = 0; i < sleepers.size();) {
    if (sleepers[i]->wakeAt <= now) {
      Thread* thread;
      take(sleepers, i, thread);
      runnable.push_back(thread);
    } else {
      i++;
    }
  }
  if (!writers.empty() && !policy.lazyStores && random(16) == 0) {
    drainOne();
  }
  const size_t threads = runnable.size();
  const size_t events = pending.size();
  if (threads + events == 0) {
    if (!sleepers.empty()) {
      const auto next = std::min_element(
          sleepers.begin(), sleepers.end(), [](auto a, auto b) { return a->wakeAt < b->wakeAt; });
      now = (*next)->wakeAt;
    } else if (!writers.empty()) {
      drainOne();
    } else {
      failed = true;
      failure = deadlock();
    }
    return;
  }
  bool event = random(static_cast<u32>(threads + events)) < events;
  if (policy.asyncOnlyWhenIdle) {
    event = threads == 0;
  } else if (policy.asyncFirst && events > 0) {
    event = random(8) != 0 || threads == 0;
  }
  if (event) {
    const u32 i = random(static_cast<u32>(events));
    auto operation = std::move(pending[i]);
    pending[i] = std::move(pending.back());
    pending.pop_back();
    current = nullptr;
    try {
      operation();
    } catch (const Stopped&) {
    }
    return;
  }
  current = pick();
  current->fiber.enter();
  current = nullptr;
}

bool Machine::run(const Launch& what, const std::function<void()>& kernel) {
  launch = what;
  for (u32 b = 0; b < launch.grid * launch.members; b++) {
    if (b % launch.cluster == 0) {
      clusters.push_back(std::make_unique<Cluster>());
    }
    blocks.push_back(std::make_unique<Block>());
    Block& block = *blocks.back();
    block.index.x = b % launch.grid;
    block.member = b / launch.grid;
    block.rank = b % launch.cluster;
    block.cluster = clusters.back().get();
    block.cluster->blocks.push_back(&block);
    block.shared.assign(launch.sharedBytes, 0xff);
    block.warps.resize((launch.threads + 31) / 32);
    block.running = launch.threads;
    // Blocks do not begin together, not even those of a cluster.
    const u64 delay = policy.uneven ? random(20000) : 0;
    for (u32 t = 0; t < launch.threads; t++) {
      block.threads.push_back(std::make_unique<Thread>());
      Thread& thread = *block.threads.back();
      thread.block = &block;
      thread.index.x = t;
      thread.knows.assign(launch.threads, 0);
      start(thread, kernel, delay);
    }
  }
  while (alive > 0 && !failed) {
    step();
  }
  while (!failed && !pending.empty()) {
    step();
  }
  while (!writers.empty()) {
    drainOne();
  }
  return !failed;
}

// ---- Meetings ----

static std::string describeMeeting(const Thread&, u64 meeting, u64 expected) {
  return std::to_string(reinterpret_cast<const Meeting*>(meeting)->arrived) + " of " +
         std::to_string(expected) + " are there";
}

void Machine::meet(Meeting& meeting,
                   u32 expected,
                   const char* operation,
                   u32 place,
                   void* argument,
                   bool orders,
                   const std::function<void(Meeting&)>& last,
                   bool waits) {
  if (meeting.arrived == 0) {
    meeting.operation = operation;
    meeting.arguments.assign(expected, nullptr);
    meeting.clock.assign(current->knows.size(), 0);
    meeting.anyAcquired = false;
    meeting.anySawStores = false;
  } else if (std::strcmp(meeting.operation, operation) != 0) {
    fail(std::string("threads that go together went apart: ") + operation + " against " +
         meeting.operation);
  }
  if (place < expected) {
    meeting.arguments[place] = argument;
  }
  meeting.arrived++;
  if (orders) {
    mergeInto(meeting.clock, current->knows);
    meeting.anyAcquired |= current->acquired;
    meeting.anySawStores |= current->sawStores;
  }
  if (meeting.arrived == expected) {
    last(meeting);
    meeting.released = meeting.clock;
    meeting.releasedAcquired = meeting.anyAcquired;
    meeting.releasedSawStores = meeting.anySawStores;
    meeting.arrived = 0;
    meeting.generation++;
    wake(meeting.queue);
  } else if (waits) {
    const u64 generation = meeting.generation;
    while (meeting.generation == generation) {
      suspend(meeting.queue,
              {operation, &describeMeeting, reinterpret_cast<u64>(&meeting), expected});
    }
  }
  if (orders && waits) {
    mergeInto(current->knows, meeting.released);
    current->acquired |= meeting.releasedAcquired;
    current->sawStores |= meeting.releasedSawStores;
  }
}

// ---- Deadlocks ----

std::string Machine::deadlock() const {
  std::string text = "deadlock:";
  for (const auto& block : blocks) {
    const Thread* first = nullptr;
    std::string open;
    u32 until = 0;
    const auto close = [&] {
      if (first != nullptr) {
        text += "\n  block " + std::to_string(block->index.x) + " threads " +
                std::to_string(first->index.x) + "-" + std::to_string(until) + ": " + open;
      }
    };
    for (const auto& thread : block->threads) {
      std::string now = "has ended";
      if (!thread->fiber.isDone()) {
        const Reason& reason = thread->reason;
        now = std::string("wait for ") + reason.what;
        if (reason.describe != nullptr) {
          now += " (" + reason.describe(*thread, reason.first, reason.second) + ")";
        }
      }
      if (first == nullptr || now != open) {
        close();
        first = thread.get();
        open = now;
      }
      until = thread->index.x;
    }
    close();
  }
  return text;
}

}  // namespace model
