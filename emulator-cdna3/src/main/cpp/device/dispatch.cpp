#include "device/dispatch.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "device/device.h"
#include "device/options.h"
#include "device/scheduler.h"
#include "hip/hip_emu_api.h"

namespace emu {
namespace {

constexpr unsigned REGISTER_BLOCK = 512 * LANES;   // u32s of one wave
constexpr unsigned KERNARG_BLOCK = 8192, KERNARG_SLAB = 1u << 20;
constexpr unsigned PACKET_BYTES = 64;

/// Blocks that are handed out again and again.
template <class T> class Pool {
 public:
  template <class Make> T* take(Make make) {
    std::lock_guard<std::mutex> hold(lock);
    if (free.empty()) make(free);
    T* block = free.back();
    free.pop_back();
    return block;
  }
  void give(T* block) {
    std::lock_guard<std::mutex> hold(lock);
    free.push_back(block);
  }

 private:
  std::mutex lock;
  std::vector<T*> free;
};

Pool<u32>& registerPool() {
  static auto* const pool = new Pool<u32>();
  return *pool;
}
Pool<u8>& kernargPool() {
  static auto* const pool = new Pool<u8>();
  return *pool;
}

u32* takeRegisters() {
  return registerPool().take([](std::vector<u32*>& free) {
    free.push_back(static_cast<u32*>(std::aligned_alloc(64, REGISTER_BLOCK * sizeof(u32))));
  });
}

u8* takeKernarg() {
  return kernargPool().take([](std::vector<u8*>& free) {
    const Allocation* slab = AddressSpace::get().allocate(-1, KERNARG_SLAB, MemoryKind::HOST, 0, false);
    if (!slab) fault(FaultKind::BAD_ADDRESS, "no host memory for kernel arguments");
    for (u64 k = 0; k < KERNARG_SLAB; k += KERNARG_BLOCK) free.push_back(reinterpret_cast<u8*>(slab->base + k));
  });
}

template <class T> void put(u8* at, T value) { std::memcpy(at, &value, sizeof value); }

}  // namespace

std::vector<u8> packArguments(const Kernel& kernel, const LaunchShape& shape, void** parameters, const void* buffer, size_t bufferSize) {
  std::vector<u8> bytes(std::max<size_t>(kernel.kernargBytes, bufferSize), 0);
  if (buffer) std::memcpy(bytes.data(), buffer, bufferSize);
  unsigned next = 0;
  for (const KernelArgument& a : kernel.arguments) {
    if (a.offset + a.size > bytes.size()) bytes.resize(a.offset + a.size);
    u8* at = &bytes[a.offset];
    if (a.valueKind.compare(0, 7, "hidden_") != 0) {
      if (parameters) std::memcpy(at, parameters[next++], a.size);
      continue;
    }
    const std::string what = a.valueKind.substr(7);
    const auto dimension = [&] { return unsigned(what.back() - 'x'); };
    if (what.compare(0, 12, "block_count_") == 0) put<u32>(at, shape.grid[dimension()]);
    else if (what.compare(0, 11, "group_size_") == 0) put<u16>(at, u16(shape.block[dimension()]));
    else if (what == "grid_dims") put<u16>(at, shape.grid[2] > 1 ? 3 : shape.grid[1] > 1 ? 2 : 1);
    else if (what == "dynamic_lds_size") put<u32>(at, shape.dynamicLds);
    else if (what == "shared_base") put<u32>(at, u32(SHARED_APERTURE >> 32));
    else if (what == "private_base") put<u32>(at, u32(PRIVATE_APERTURE >> 32));
    // Offsets, remainders, buffers for printf, hostcall, heap and queues: all zero.
  }
  return bytes;
}

Dispatch::Dispatch(std::shared_ptr<const CodeObject> code, const Kernel& kernel, const LaunchShape& shape, std::vector<u8> arguments)
    : code(std::move(code)), kernel(kernel), shape(shape), arguments(std::move(arguments)) {
  device = this->code->device;
}

Dispatch::~Dispatch() {
  // Work-groups of a kernel that failed may end after its write-back.
  for (auto& [owner, line] : held) Cache::flush(owner, *line);
  if (kernarg) kernargPool().give(kernarg);
}

void Dispatch::start() {
  if (Device::get(device).error() != 0 || shape.groups() == 0) {
    finish();
    return;
  }
  try {
    kernarg = takeKernarg();
  } catch (const Fault& f) {
    Device::get(device).fail(hipErrorOutOfMemory, f.text);
    finish();
    return;
  }
  std::memcpy(kernarg, arguments.data(), arguments.size());
  u8* packet = kernarg + KERNARG_BLOCK - PACKET_BYTES;
  std::memset(packet, 0, PACKET_BYTES);
  for (unsigned d = 0; d < 3; d++) {
    put<u16>(packet + 4 + 2 * d, u16(shape.block[d]));
    put<u32>(packet + 12 + 4 * d, shape.grid[d] * shape.block[d]);
  }
  put<u32>(packet + 24, kernel.privateBytes);
  put<u32>(packet + 28, ldsBytes());
  put<u64>(packet + 40, u64(kernarg));
  startedAt = clockNanoseconds();
  Device::get(device).run(std::static_pointer_cast<Dispatch>(shared_from_this()));
}

std::shared_ptr<WorkGroup> Dispatch::createGroup(unsigned computeUnit) {
  auto owner = std::make_unique<Owner>();
  owner->device = device;
  owner->kernel = kernel.name;
  owner->group = unsigned(created);
  auto group = std::make_shared<WorkGroup>();
  group->dispatch = this;
  group->program = code.get();
  group->owner = owner.get();
  group->number = unsigned(created);
  group->device = device;
  group->computeUnit = computeUnit;
  group->id[0] = u32(created % shape.grid[0]);
  group->id[1] = u32(created / shape.grid[0] % shape.grid[1]);
  group->id[2] = u32(created / shape.grid[0] / shape.grid[1]);
  if (options().chaos) group->random = (u64(options().chaos) << 32 ^ created * 0x9E3779B97F4A7C15ull) | 1;
  created++;
  if (ldsBytes()) group->lds = std::make_unique<Lds>(ldsBytes());
  group->cache = std::make_unique<Cache>(group->owner, device);
  {
    std::lock_guard<std::mutex> hold(lock);
    owners.push_back(std::move(owner));
  }
  for (unsigned k = 0; k < waves(); k++) {
    group->waves.push_back(std::make_unique<Wave>());
    prepareWave(*group->waves.back(), *group, k);
  }
  return group;
}

void Dispatch::prepareWave(Wave& w, WorkGroup& group, unsigned index) {
  w.group = &group;
  w.code = code->instructions.data();
  w.codeSize = u32(code->instructions.size());
  w.id = index;
  w.vgprCount = kernel.vgprs;
  w.agprCount = kernel.agprs;
  w.vgpr = takeRegisters();
  std::memset(w.vgpr, 0xFB, size_t(kernel.vgprs) * LANES * 4);
  if (kernel.agprs) std::memset(w.vgpr + ACCUMULATORS * LANES, 0xFB, size_t(kernel.agprs) * LANES * 4);
  for (unsigned k = 0; k < 106; k++) w.sgpr[k] = 0xFBFBFBFB;
  w.pc = kernel.entry + (kernel.preloadLength ? 64 : 0);  // 256 bytes on: past the loads for firmware that cannot preload
  w.mode = kernel.resource1 >> 12 & 0xFF;                 // rounding, then denormals: as MODE has them
  if (kernel.resource1 >> 26 & 1) w.mode |= 1u << 23;     // FP16_OVFL
  w.m0() = ldsBytes();

  const unsigned first = index * LANES, threads = shape.threads();
  const unsigned count = std::min(LANES, threads - first);
  w.exec() = count == LANES ? ~0ull : (1ull << count) - 1;
  for (unsigned l = 0; l < LANES; l++) {
    const unsigned t = first + l, x = t % shape.block[0], y = t / shape.block[0] % shape.block[1], z = t / shape.block[0] / shape.block[1];
    w.vgpr[l] = x | y << 10 | z << 20;
  }
  if (options().uninitialized) {
    w.writtenStorage.assign(512, 0);
    w.written = w.writtenStorage.data();
    w.written[0] = ~0ull;
  }

  unsigned s = 0;
  const auto pair = [&](u64 value) { w.sgpr[s++] = u32(value); w.sgpr[s++] = u32(value >> 32); };
  const u16 p = kernel.properties;
  if (p & 1) { pair(0); pair(0); }
  if (p & 2) pair(u64(kernarg) + KERNARG_BLOCK - PACKET_BYTES);
  if (p & 4) pair(0);
  if (p & 8) pair(u64(kernarg));
  if (p & 16) pair(0);
  if (p & 32) pair(0);
  if (p & 64) w.sgpr[s++] = kernel.privateBytes;
  for (unsigned k = 0; k < kernel.preloadLength; k++) std::memcpy(&w.sgpr[s++], kernarg + 4 * (kernel.preloadOffset + k), 4);
  s = std::max(s, kernel.resource2 >> 1 & 31);
  for (unsigned d = 0; d < 3; d++)
    if (kernel.resource2 >> (7 + d) & 1) w.sgpr[s++] = group.id[d];
  if (kernel.resource2 >> 10 & 1) w.sgpr[s++] = 0;
  if (kernel.privateBytes || kernel.dynamicStack) {
    w.scratchPerLane = kernel.privateBytes + (kernel.dynamicStack ? 16384 : 0);
    w.scratch.assign(size_t(w.scratchPerLane) * LANES, 0xFB);
  }
}

void Dispatch::launch(const std::shared_ptr<WorkGroup>& group) {
  auto self = std::static_pointer_cast<Dispatch>(shared_from_this());
  schedule([self, group] {
    WorkGroup& g = *group;
    bool useful = true;
    const Wave* running = nullptr;
    try {
      if (!self->failed) useful = g.step(running);
      const int limit = options().timeoutSeconds;
      if (!self->failed && limit && clockNanoseconds() - self->startedAt > u64(limit) * 1000000000ull) {
        for (const auto& wave : g.waves)
          if (!wave->ended) running = wave.get();
        fault(FaultKind::TIME_OUT, "the kernel ran longer than HIPEMU_TIMEOUT_S = %d seconds", limit);
      }
    } catch (const Fault& f) {
      self->stop(running, f);
    } catch (const std::exception& e) {  // out of memory, for one; the host process must not fall
      self->stop(running, Fault{FaultKind::TRAP, std::string("inside the emulator: ") + e.what()});
    }
    if (!self->failed && !g.finished()) return useful ? Progress::AGAIN : Progress::IDLE;
    self->groupEnded(g);
    return Progress::DONE;
  });
}

void Dispatch::stop(const Wave* wave, const Fault& f) {
  if (failed.exchange(true)) return;
  std::string text = std::string(faultName(f.kind)) + ": " + f.text;
  if (wave) text += " [" + describe(*wave) + "]";
  const int error = f.kind == FaultKind::BAD_ADDRESS ? hipErrorIllegalAddress
                    : f.kind == FaultKind::TIME_OUT  ? hipErrorLaunchTimeOut
                                                     : hipErrorLaunchFailure;
  Device::get(device).fail(error, text);
}

void Dispatch::groupEnded(WorkGroup& group) {
  auto lines = group.cache->takeHeld();
  for (auto& wave : group.waves) {
    registerPool().give(wave->vgpr);
    wave->vgpr = nullptr;
  }
  bool last;
  {
    std::lock_guard<std::mutex> hold(lock);
    for (auto& line : lines) held.emplace_back(group.owner, std::move(line));
    ended++;
    last = (ended == shape.groups() || (failed && ended == created)) && !draining;
    if (last) draining = true;
  }
  Device::get(device).release(group, *this);
  if (last) drain(held.empty() ? 0 : options().drain);
}

/// The end of a kernel writes its caches back, but not at once: what others read before that, they must have been
/// promised by a release inside the kernel.
void Dispatch::drain(int rounds) {
  if (rounds == 0 && held.empty()) {
    finish();
    return;
  }
  auto self = std::static_pointer_cast<Dispatch>(shared_from_this());
  schedule([self, rounds]() mutable {
    if (rounds-- > 0) return Progress::IDLE;
    for (auto& [owner, line] : self->held) Cache::flush(owner, *line);
    self->held.clear();
    self->finish();
    return Progress::DONE;
  });
}

}  // namespace emu
