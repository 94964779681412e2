// An emulated device: how much of its compute units is taken, and the error that stopped it.
#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/dispatch.h"

namespace emu {

constexpr unsigned LDS_PER_UNIT = 65536, SIMDS = 4, WAVES_PER_SIMD = 8, VGPRS_PER_SIMD = 512;
constexpr unsigned GROUPS_PER_UNIT = 32;

/// How many work-groups of a kernel fit on one compute unit at a time; 0 when not even one does.
unsigned groupsPerUnit(const Kernel& kernel, unsigned threads, unsigned ldsBytes);

class Device {
 public:
  static Device& get(int number);
  int number = 0;

  void run(std::shared_ptr<Dispatch> dispatch);
  /// A work-group has ended: its room is free.
  void release(const WorkGroup& group, const Dispatch& dispatch);

  /// The first error stays until clearError.
  void fail(int error, const std::string& text);
  int error();
  std::string errorText();
  void clearError();

 private:
  struct Unit {
    unsigned lds = 0, simd = 0, groups = 0;  // taken; simd in 1/512 of a SIMD's registers
  };
  void place();
  std::mutex lock;
  std::vector<Unit> units;
  std::list<std::shared_ptr<Dispatch>> queue;  // with work-groups that have no room yet
  int errorCode = 0;
  std::string text;
};

/// What the last fault of any device said.
std::string lastFaultText();

}  // namespace emu
