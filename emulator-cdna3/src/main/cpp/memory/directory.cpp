#include "memory/directory.h"

namespace emu {
namespace {
struct Hold {
  explicit Hold(std::atomic_flag& flag) : flag(flag) {
    while (flag.test_and_set(std::memory_order_acquire)) __builtin_ia32_pause();
  }
  ~Hold() { flag.clear(std::memory_order_release); }
  std::atomic_flag& flag;
};
}  // namespace

Directory& Directory::get() {
  static Directory* const directory = new Directory();
  return *directory;
}

void Directory::set(u64 line, const Owner* owner, ByteMask bytes) {
  std::atomic<u16>* count = AddressSpace::get().lineCount(line);
  if (!count) return;
  Stripe& s = stripe(line);
  Hold hold(s.busy);
  for (Entry& entry : s.entries) {
    if (entry.line != line || entry.owner != owner) continue;
    entry.bytes = bytes;
    if (!bytes) {
      entry = s.entries.back();
      s.entries.pop_back();
      count->fetch_sub(1, std::memory_order_relaxed);
    }
    return;
  }
  if (!bytes) return;
  s.entries.push_back({line, owner, bytes});
  count->fetch_add(1, std::memory_order_relaxed);
}

const Owner* Directory::slowConflict(u64 line, const Owner* self, ByteMask bytes) {
  Stripe& s = stripe(line);
  Hold hold(s.busy);
  for (const Entry& entry : s.entries)
    if (entry.line == line && entry.owner != self && (entry.bytes & bytes)) return entry.owner;
  return nullptr;
}

}  // namespace emu
