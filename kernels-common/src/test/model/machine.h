#pragma once
// A GPU of fibers: every GPU thread is one, and a scheduler runs them one at a time, in an order
// drawn from a seed. What a kernel forgets to wait for, order or hand back shows up as a wrong
// result, a broken rule or a deadlock that says who waits for what, without a GPU.
//
// This part knows threads, warps, blocks and clusters, barriers, plain memory, atomics and the
// clock. Instructions of one architecture are built on it elsewhere, by `suspend` and `wake`,
// `meet`, and `later`.

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "fiber.h"

namespace model {

using counterpoint::i32;
using counterpoint::i64;
using counterpoint::u32;
using counterpoint::u64;
using counterpoint::u8;

struct Block;
struct Thread;

// How many stores of each thread of a block come before what someone does next.
using Clock = std::vector<u32>;
void mergeInto(Clock& clock, const Clock& other);

struct WaitQueue {
  std::vector<Thread*> waiting;
};

// A store that its own block may see, but that others see some time later.
struct PendingStore {
  u64 address;
  u32 size;
  u32 sequence;
  u8 bytes[16];
};

// What a blocked thread waits for, in words for the report of a deadlock.
struct Reason {
  const char* what = "";
  std::string (*describe)(const Thread&, u64, u64) = nullptr;
  u64 first = 0;
  u64 second = 0;
};

struct Index3 {
  u32 x = 0, y = 0, z = 0;
};

struct Thread {
  Fiber fiber;
  Block* block = nullptr;  // null: an actor outside the GPU
  Index3 index;
  Reason reason;
  u64 wakeAt = 0;
  bool sleeping = false;
  Clock knows;
  std::vector<PendingStore> stores;
  u32 storeCount = 0;
  // Acquired something, or met someone who had, since the last fence towards the async proxy.
  bool acquired = false;
  // Saw the copy engine's stores complete, or met someone who had, since the last such fence.
  bool sawStores = false;

  u32 lane() const { return index.x % 32; }
  u32 warp() const { return index.x / 32; }
};

// Where a known number of threads meet; the last to come acts for all.
struct Meeting {
  u32 arrived = 0;
  u64 generation = 0;
  const char* operation = nullptr;
  std::vector<void*> arguments;
  Clock clock;
  Clock released;
  bool anyAcquired = false;
  bool releasedAcquired = false;
  bool anySawStores = false;
  bool releasedSawStores = false;
  WaitQueue queue;
};

struct BlockExtension {
  virtual ~BlockExtension() = default;
  // An ordinary store of the current thread to shared memory is about to happen.
  virtual void write(u32 address, u32 size) {
    (void)address;
    (void)size;
  }
};

struct Cluster;

struct Block {
  Index3 index;
  u32 rank = 0;  // in its cluster
  u32 member = 0;
  Cluster* cluster = nullptr;
  std::vector<std::unique_ptr<Thread>> threads;
  u32 running = 0;
  std::vector<u8> shared;
  std::vector<Meeting> warps;
  std::map<int, Meeting> barriers;
  std::unique_ptr<BlockExtension> extension;  // of the architecture

  // Shared memory by address; fails beyond its end.
  u8* at(u32 address, u32 size);
};

struct Cluster {
  std::vector<Block*> blocks;
  Meeting meeting;
};

struct Launch {
  u32 grid = 1;
  u32 cluster = 1;
  u32 threads = 32;
  u32 sharedBytes = 0;
  u32 registers = 0;  // a thread has at the start
  u32 members = 1;    // grids that run beside each other, as on devices of their own
};

// Shared memory begins here, as on a device, where the system keeps what is below.
constexpr u32 kSharedBase = 1024;

class Machine {
 public:
  explicit Machine(u64 seed);
  ~Machine();

  // Runs a kernel, and whatever actors were added, to the end. False: it failed, and `failure`
  // says how.
  bool run(const Launch& launch, const std::function<void()>& kernel);
  // Something outside the GPU that acts while the kernel runs.
  void actor(std::function<void()> body);

  std::string failure;
  Launch launch;
  u64 now = 1000;

  // ---- For instructions ----

  // Reports a broken rule and ends the run.
  [[noreturn]] void fail(const std::string& what);
  void suspend(WaitQueue& queue, const Reason& reason);
  void wake(WaitQueue& queue);
  void sleep(u64 nanos);
  // Lets others go first, now and then.
  void maybeYield();
  // An operation that happens some time later, by itself.
  void later(std::function<void()> operation);
  u32 random(u32 below);
  // Whether work that may be done early or late is done early this time.
  bool eager() { return policy.eagerWork ? random(2) == 0 : false; }

  // Meets at `meeting`; the last of `expected` runs `last`. `place` is the caller's index in
  // `arguments`. What each did before comes before what all do after, if `orders`; who does not
  // wait only leaves what it did.
  void meet(Meeting& meeting,
            u32 expected,
            const char* operation,
            u32 place,
            void* argument,
            bool orders,
            const std::function<void(Meeting&)>& last,
            bool waits = true);

  // ---- Memory that a device's threads and actors share ----

  void check(u64 address, u32 bytes, const char* what);
  void store(u64 address, const void* bytes, u32 size);
  void load(u64 address, void* bytes, u32 size);
  // Makes everything that comes before this thread's next action visible to all.
  void publish();

 private:
  struct Policy {
    bool asyncOnlyWhenIdle;
    bool asyncFirst;
    bool newestFirst;
    bool uneven;
    bool lazyStores;
    bool eagerWork;
  };

  void start(Thread& thread, std::function<void()> body, u64 delay);
  void step();
  Thread* pick();
  void drain(Thread& thread, u32 upTo);
  void drainOne();
  std::string deadlock() const;
  void switchOut();

  u64 state;
  Policy policy{};
  std::vector<Thread*> runnable;
  std::vector<Thread*> sleepers;
  std::vector<std::function<void()>> pending;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<std::unique_ptr<Cluster>> clusters;
  std::vector<std::unique_ptr<Thread>> actors;
  std::vector<Thread*> writers;  // with stores pending
  u32 alive = 0;
  bool failed = false;
};

extern Machine* machine;
extern Thread* current;

// Device memory that frees itself; what lies outside of all of it may not be touched by kernels.
class DeviceMemory {
 public:
  explicit DeviceMemory(u64 bytes, int pattern = 0);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  u64 at(u64 offset = 0) const { return reinterpret_cast<u64>(data) + offset; }
  u8* bytes() const { return data; }
  u64 size() const { return length; }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }

 private:
  u8* data;
  u64 length;
};

}  // namespace model
