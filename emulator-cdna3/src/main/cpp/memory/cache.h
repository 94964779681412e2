// What one work-group sees of memory. Each work-group is given a cache of its own, as if each ran on an XCD of its own:
// the weakest machine that gfx942's memory model allows. Stores stay in it until buffer_wbl2 (or the end of the kernel)
// writes them back; loads may be served from it until buffer_inv drops what is clean.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "memory/directory.h"

namespace emu {

struct LineMark {
  u64 line;
  ByteMask bytes;
};

/// Scope bits of an access: none = this work-group, sc1 = this device, sc0 and sc1 = everybody.
struct Scope {
  bool sc0 = false, sc1 = false;
  bool throughCache() const { return sc1; }
  bool system() const { return sc0 && sc1; }
};

struct Line {
  u64 id = 0;
  u32 epoch = 0;
  u8 pendingWave = 0;  // + 1; 0xFF = several
  Allocation* allocation = nullptr;
  ByteMask valid = 0, dirty = 0, pending = 0;
  u8 data[LINE_BYTES];
  bool held() const { return dirty || pending; }
};

class Cache {
 public:
  Cache(const Owner* owner, int device);

  /// The line of an address for an access of `size` bytes, all checks of the address made. Null: go straight to memory.
  Line* line(u64 address, unsigned size);
  void load(Line* line, u64 address, unsigned size, void* out, Scope scope, unsigned wave);
  /// A store past the caches that is late leaves memory as it is, until it lands.
  void store(Line* line, u64 address, unsigned size, const void* data, Scope scope, unsigned wave, bool late = false);
  /// One store of a size that memory does at once: at most eight bytes, aligned to that.
  static void land(u64 address, unsigned size, u64 data);
  /// After the stores of an instruction to a line: tells the directory.
  void publish(u64 line);
  /// Before a read-modify-write at memory: own bytes go there first, and no copy stays.
  void beforeAtomic(Line* line, u64 address, unsigned size, bool systemScope);

  /// A store of these bytes has reached the cache (or memory, when stored through).
  void landed(const LineMark& mark);
  void writeBack(bool systemScope);
  void invalidate(bool systemScope);

  /// Lines with bytes that memory lacks; the end of the kernel writes them.
  std::vector<std::unique_ptr<Line>> takeHeld();
  static void flush(const Owner* owner, Line& line);

  static void setPeer(int device, int peer, bool enabled);
  static bool peer(int device, int peer);

 private:
  bool remote(const Allocation& a) const {
    return a.kind == MemoryKind::IMPORTED || a.device != device;
  }
  Allocation* check(u64 address, unsigned size);
  Line* find(u64 id, Allocation* allocation);
  void rebuild();
  Line* known(u64 id);
  void publish(const Line& line) { Directory::get().set(line.id, owner, line.dirty | line.pending); }
  [[noreturn]] void notReleased(u64 address, unsigned size, const Owner& other);
  [[noreturn]] void tooNarrow(u64 address, const char* what);

  const Owner* owner;
  int device;
  u32 epoch = 1;
  u32 remoteEpoch = 1;
  std::vector<std::unique_ptr<Line>> table;  // open addressing by line number
  std::vector<std::unique_ptr<Line>> spare;
  u64 mask;
  unsigned count = 0;
};

}  // namespace emu
