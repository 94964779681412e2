// Who holds bytes that others may not read yet: stored but not written back, or stored through but not waited for.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "memory/address_space.h"

namespace emu {

using ByteMask = unsigned __int128;  // one bit per byte of a line

inline ByteMask byteMask(unsigned offset, unsigned size) {
  const ByteMask ones = size >= LINE_BYTES ? ~ByteMask(0) : (ByteMask(1) << size) - 1;
  return ones << offset;
}

/// A work-group as an owner of bytes; lives until its kernel has ended.
struct Owner {
  int device = -1;
  std::string kernel;
  unsigned group = 0;
};

class Directory {
 public:
  static Directory& get();
  /// Replaces the set of bytes of `line` that `owner` holds.
  void set(u64 line, const Owner* owner, ByteMask bytes);
  /// Another owner that holds one of these bytes, or null. Cheap when nobody holds anything in the line.
  const Owner* conflict(u64 line, const Owner* self, ByteMask bytes) {
    const std::atomic<u16>* count = AddressSpace::get().lineCount(line);
    if (!count || count->load(std::memory_order_relaxed) == 0) return nullptr;
    return slowConflict(line, self, bytes);
  }

 private:
  struct Entry {
    u64 line;
    const Owner* owner;
    ByteMask bytes;
  };
  struct Stripe {
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    std::vector<Entry> entries;
  };
  const Owner* slowConflict(u64 line, const Owner* self, ByteMask bytes);
  static constexpr unsigned STRIPES = 1u << 14;
  std::vector<Stripe> stripes{STRIPES};
  Stripe& stripe(u64 line) { return stripes[(line * 0x9E3779B97F4A7C15ull) >> 50]; }
};

}  // namespace emu
