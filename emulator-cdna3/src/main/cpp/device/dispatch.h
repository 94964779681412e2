// One launch of a kernel.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "device/code_object.h"
#include "device/operation.h"
#include "exec/workgroup.h"

namespace emu {

struct LaunchShape {
  u32 grid[3] = {1, 1, 1};   // work-groups
  u32 block[3] = {1, 1, 1};  // work-items
  u32 dynamicLds = 0;
  unsigned threads() const { return block[0] * block[1] * block[2]; }
  u64 groups() const { return u64(grid[0]) * grid[1] * grid[2]; }
};

struct Dispatch : Operation {
  Dispatch(std::shared_ptr<const CodeObject> code, const Kernel& kernel, const LaunchShape& shape, std::vector<u8> arguments);
  ~Dispatch() override;
  void start() override;

  /// The next work-group, with its waves ready to run; called by the device when there is room.
  std::shared_ptr<WorkGroup> createGroup(unsigned computeUnit);
  bool allCreated() const { return created == shape.groups(); }
  unsigned waves() const { return (shape.threads() + LANES - 1) / LANES; }
  u32 ldsBytes() const { return kernel.ldsBytes + shape.dynamicLds; }

  std::shared_ptr<const CodeObject> code;
  const Kernel& kernel;
  const LaunchShape shape;

 private:
  void launch(const std::shared_ptr<WorkGroup>& group);
  void groupEnded(WorkGroup& group);
  void drain(int rounds);
  void prepareWave(Wave& wave, WorkGroup& group, unsigned index);
  void stop(const Wave* wave, const Fault& fault);
  friend class Device;

  std::vector<u8> arguments;
  u8* kernarg = nullptr;  // in host memory: arguments, then the dispatch packet
  u64 created = 0, ended = 0;
  std::atomic<bool> failed{false};
  bool draining = false;
  u64 startedAt = 0;
  std::mutex lock;
  std::vector<std::unique_ptr<Owner>> owners;
  std::vector<std::pair<const Owner*, std::unique_ptr<Line>>> held;
};

/// Arguments of a launch with the hidden ones filled in.
std::vector<u8> packArguments(const Kernel& kernel, const LaunchShape& shape, void** parameters, const void* buffer, size_t bufferSize);

}  // namespace emu
