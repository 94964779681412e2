#include "device/device.h"

#include <algorithm>

#include "device/options.h"

namespace emu {
namespace {
std::mutex faultLock;
std::string faultText;
}  // namespace

std::string lastFaultText() {
  std::lock_guard<std::mutex> hold(faultLock);
  return faultText;
}

static unsigned wavesPerSimd(const Kernel& kernel) {
  return std::min(WAVES_PER_SIMD, VGPRS_PER_SIMD / std::max(8u, kernel.allocatedVgprs));
}

unsigned groupsPerUnit(const Kernel& kernel, unsigned threads, unsigned ldsBytes) {
  const unsigned waves = (threads + LANES - 1) / LANES, slots = wavesPerSimd(kernel) * SIMDS;
  if (waves == 0 || waves > slots || ldsBytes > LDS_PER_UNIT) return 0;
  unsigned groups = std::min(GROUPS_PER_UNIT, slots / waves);
  if (ldsBytes) groups = std::min(groups, LDS_PER_UNIT / ldsBytes);
  return groups;
}

Device& Device::get(int number) {
  static std::vector<Device>* const devices = [] {
    auto* all = new std::vector<Device>(size_t(std::max(1, options().devices)));
    for (size_t k = 0; k < all->size(); k++) {
      (*all)[k].number = int(k);
      (*all)[k].units.resize(size_t(options().computeUnits));
    }
    return all;
  }();
  return (*devices)[size_t(number)];
}

static unsigned simdShare(const Dispatch& d) { return d.waves() * (VGPRS_PER_SIMD / std::max(1u, wavesPerSimd(d.kernel))); }

void Device::run(std::shared_ptr<Dispatch> dispatch) {
  std::lock_guard<std::mutex> hold(lock);
  queue.push_back(std::move(dispatch));
  place();
}

/// Gives every compute unit that has room its next work-group; consecutive ones go to different units.
void Device::place() {
  for (auto it = queue.begin(); it != queue.end();) {
    Dispatch& d = **it;
    bool placed = true;
    while (!d.allCreated() && !d.failed && placed) {
      placed = false;
      for (unsigned u = 0; u < units.size() && !d.allCreated() && !d.failed; u++) {
        Unit& unit = units[u];
        if (unit.groups >= GROUPS_PER_UNIT || unit.lds + d.ldsBytes() > LDS_PER_UNIT ||
            unit.simd + simdShare(d) > SIMDS * VGPRS_PER_SIMD)
          continue;
        unit.groups++;
        unit.lds += d.ldsBytes();
        unit.simd += simdShare(d);
        d.launch(d.createGroup(u));
        placed = true;
      }
    }
    if (d.allCreated() || d.failed) it = queue.erase(it);
    else ++it;
  }
}

void Device::release(const WorkGroup& group, const Dispatch& d) {
  std::lock_guard<std::mutex> hold(lock);
  Unit& unit = units[group.computeUnit];
  unit.groups--;
  unit.lds -= d.ldsBytes();
  unit.simd -= simdShare(d);
  place();
}

void Device::fail(int error, const std::string& what) {
  {
    std::lock_guard<std::mutex> hold(faultLock);
    faultText = what;
  }
  logLine("device " + std::to_string(number) + ": " + what);
  std::lock_guard<std::mutex> hold(lock);
  if (errorCode == 0) {
    errorCode = error;
    text = what;
  }
}

int Device::error() {
  std::lock_guard<std::mutex> hold(lock);
  return errorCode;
}

std::string Device::errorText() {
  std::lock_guard<std::mutex> hold(lock);
  return text;
}

void Device::clearError() {
  std::lock_guard<std::mutex> hold(lock);
  errorCode = 0;
  text.clear();
}

}  // namespace emu
