#include "cuda_runtime.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <thread>

#include "checks.h"
#include "kernels.h"
#include "params/signal.h"
#include "ptx/memory.cuh"

using namespace counterpoint;

// One item of a stream.
struct Item {
  std::string name;
  // What runs on the machine; its grid is empty for a copy.
  model::Launch launch;
  std::function<void()> kernel;
  // The same as something outside the GPU does it, in steps; true when it is done. Not for kernels
  // of more than one warp.
  std::function<bool()> step;

  bool isCopy() const { return !kernel; }
};

struct ModelStream {
  std::deque<Item> items;
};

namespace {

constexpr int kMultiprocessors = 3;

// Never destroyed: a check that gives up leaves work and memory behind. The first stream is the one
// without a name.
auto& streams = *new std::list<ModelStream>(1);
auto& memory = *new std::map<void*, std::unique_ptr<model::DeviceMemory>>;
std::string failure;
u64 seed = 0;

ModelStream& streamOf(cudaStream_t stream) {
  return stream == nullptr ? streams.front() : *stream;
}

// What simulated time a kernel took passes for the caller too, when it is long.
void pass(u64 nanos) {
  if (nanos > 20'000'000) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min<u64>(nanos, 2'000'000'000)));
  }
}

// Whether a kernel waits for itself on other devices.
bool exchanges(const Item& item) {
  return item.name.rfind("all_reduce_", 0) == 0;
}

// By all threads of a grid, between two kernels of a stream.
void endKernel(model::Meeting& end) {
  model::machine->publish();
  const u32 threads = model::machine->launch.grid * model::machine->launch.threads;
  model::machine->meet(end, threads, "the end of a kernel", threads, nullptr, false, [](auto&) {});
}

// Runs kernels that wait for each other: of every stream those that come first, each stream as a
// device of its own would.
bool runExchange() {
  std::vector<std::vector<Item>> members;
  for (ModelStream& stream : streams) {
    std::vector<Item> items;
    while (!stream.items.empty() && exchanges(stream.items.front())) {
      items.push_back(std::move(stream.items.front()));
      stream.items.pop_front();
    }
    if (!items.empty()) {
      members.push_back(std::move(items));
    }
  }
  model::Machine machine(seed++);
  model::Launch launch = members.front().front().launch;
  launch.members = static_cast<u32>(members.size());
  std::vector<model::Meeting> ends(members.size());
  const u64 start = machine.now;
  if (!machine.run(launch, [&] {
        const u32 member = model::current->block->member;
        for (const Item& item : members[member]) {
          item.kernel();
          endKernel(ends[member]);
        }
      })) {
    failure = machine.failure + ", seed " + std::to_string(seed - 1);
    return false;
  }
  pass(machine.now - start);
  return true;
}

// Runs the first item of a stream, and beside a kernel what others hold.
bool runFirst(ModelStream& stream) {
  if (exchanges(stream.items.front())) {
    return runExchange();
  }
  Item item = std::move(stream.items.front());
  stream.items.pop_front();
  if (item.isCopy()) {
    return item.step();
  }
  model::Machine machine(seed++);
  const u64 threads = u64{item.launch.grid} * item.launch.threads;
  u64 finished = 0;
  for (ModelStream& other : streams) {
    if (&other == &stream || other.items.empty() || !other.items.front().step) {
      continue;
    }
    machine.actor([&other, &finished, threads] {
      while (finished < threads && !other.items.empty() && other.items.front().step) {
        // Sooner than a tile takes, or much later.
        model::machine->sleep(1 + model::machine->random(model::machine->random(3) == 0 ? 300'000 : 3'000));
        if (other.items.front().step()) {
          other.items.pop_front();
        }
      }
    });
  }
  const u64 start = machine.now;
  if (!machine.run(item.launch, [&] {
        item.kernel();
        finished++;
      })) {
    failure = machine.failure + ", seed " + std::to_string(seed - 1);
    return false;
  }
  pass(machine.now - start);
  return true;
}

cudaError_t drain(ModelStream& stream) {
  while (!stream.items.empty()) {
    if (!runFirst(stream)) {
      return cudaErrorUnknown;
    }
  }
  return cudaSuccess;
}

void raise(u64 address, u64 value) {
  u64& word = *reinterpret_cast<u64*>(address);
  word = std::max(word, value);
}

u64 at(u64 address) {
  return *reinterpret_cast<const u64*>(address);
}

bool haveReached(u64 words, i32 count, const Target& target) {
  const i64 wanted = target.perEpoch * static_cast<i64>(target.epoch == 0 ? 0 : at(target.epoch)) +
                     target.offset;
  for (i32 i = 0; i < count; i++) {
    if (static_cast<i64>(at(words + 8 * i)) < wanted) {
      return false;
    }
  }
  return true;
}

// What a kernel of signals does, as another device would.
std::function<bool()> stepsOf(const std::string& name, const void* parameters) {
  if (name == "signal_add") {
    const auto p = *static_cast<const SignalAddParams*>(parameters);
    return [p] { return *reinterpret_cast<u64*>(p.word) += p.delta, true; };
  }
  if (name == "epoch_advance") {
    const auto p = *static_cast<const EpochAdvanceParams*>(parameters);
    return [p] { return ++*reinterpret_cast<u64*>(p.epoch), true; };
  }
  if (name == "signal_set") {
    const auto p = *static_cast<const SignalSetParams*>(parameters);
    return [p] {
      for (i32 i = 0; i < std::max(1, p.count); i++) {
        raise(p.count == 0 ? p.word : at(p.words + 8 * i), at(p.epoch));
      }
      return true;
    };
  }
  if (name == "barrier_ranks") {
    const auto p = *static_cast<const BarrierParams*>(parameters);
    return [p, announced = false]() mutable {
      for (i32 i = 0; i < p.count && !announced; i++) {
        ++*reinterpret_cast<u64*>(at(p.announce + 8 * i));
      }
      announced = true;
      return haveReached(p.words, p.count, p.target);
    };
  }
  return {};
}

}  // namespace

const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaSuccess ? "no error" : failure.c_str();
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"machine of fibers", 8, 9, kMultiprocessors};
  return cudaSuccess;
}

cudaError_t allocateModelMemory(void** data, size_t bytes) {
  auto made = std::make_unique<model::DeviceMemory>(bytes);
  *data = made->bytes();
  memory[*data] = std::move(made);
  return cudaSuccess;
}

cudaError_t cudaFree(void* data) {
  const cudaError_t status = cudaDeviceSynchronize();
  memory.erase(data);
  return status;
}

cudaError_t cudaMemset(void* data, int value, size_t bytes) {
  const cudaError_t status = drain(streams.front());
  std::memset(data, value, bytes);
  return status;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  const cudaError_t status = drain(streams.front());
  std::memcpy(to, from, bytes);
  return status;
}

cudaError_t cudaMemcpyAsync(
    void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  Item item;
  item.step = [=] { return std::memcpy(to, from, bytes), true; };
  streamOf(stream).items.push_back(std::move(item));
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  streams.emplace_back();
  *stream = &streams.back();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const cudaError_t status = drain(*stream);
  streams.remove_if([stream](const ModelStream& other) { return &other == stream; });
  return status;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return streamOf(stream).items.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return drain(streamOf(stream));
}

cudaError_t cudaDeviceSynchronize() {
  for (ModelStream& stream : streams) {
    if (const cudaError_t status = drain(stream); status != cudaSuccess) {
      return status;
    }
  }
  return cudaSuccess;
}

cudaError_t cudaLibraryLoadFromFile(
    cudaLibrary_t*, const char*, void*, void*, unsigned, void*, void*, unsigned) {
  return cudaSuccess;
}

cudaError_t cudaLibraryGetKernel(cudaKernel_t* kernel, cudaLibrary_t, const char* name) {
  *kernel = findKernel(name);
  failure = std::string("there is no kernel ") + name;
  return *kernel == nullptr ? cudaErrorUnknown : cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) {
  return cudaSuccess;
}

cudaError_t cudaLaunchKernel(const void* kernel,
                             dim3 grid,
                             dim3 threads,
                             void** arguments,
                             size_t shared,
                             cudaStream_t stream) {
  const auto& mine = *static_cast<const ModelKernel*>(kernel);
  Item item;
  item.launch.grid = grid.x;
  item.launch.threads = threads.x;
  item.launch.sharedBytes = static_cast<u32>(shared);
  item.name = mine.name;
  item.kernel = mine.bind(arguments[0]);
  item.step = stepsOf(mine.name, arguments[0]);
  streamOf(stream).items.push_back(std::move(item));
  return cudaSuccess;
}

// ---- What one machine without peers and without a clock of its own does not check ----

void checkTwoDevices() {}

void bench(const char*) {}

void benchCandidates(const char*) {}

void benchRouted(const char*) {}

void benchFp8(const char*) {}
