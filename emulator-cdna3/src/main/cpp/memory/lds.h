// The local data share of a work-group, and who touched which word since the last barrier.
#pragma once
#include <vector>

#include "decode/instruction.h"

namespace emu {

class Lds {
 public:
  explicit Lds(u32 size);
  u32 size() const { return u32(data.size()); }
  u32 epoch() const { return now; }
  void barrier() { now++; }

  void read(u32 address, unsigned size, void* out, unsigned wave);
  void write(u32 address, unsigned size, const void* in, unsigned wave);
  /// Checks an atomic access and returns its bytes; atomics do not race with each other.
  u8* atomic(u32 address, unsigned size, unsigned wave);
  /// A load into LDS: nobody may read the bytes before `landed`.
  void fill(u32 address, unsigned size, const void* in, unsigned wave);

  /// A store or fill of these bytes has been waited for.
  void landed(u32 address, unsigned size, unsigned wave);
  /// A read that was waited for in a later epoch than it was issued in: it counts for both.
  void readLate(u32 address, unsigned size, unsigned wave);

 private:
  struct Word {
    u32 writeEpoch = 0, readEpoch = 0;
    u8 writer = 0, reader = 0, writeMask = 0, readMask = 0;  // waves + 1; SEVERAL for more than one
    u16 storing = 0;  // waves with a store or atomic on it that they have not waited for
    bool atomic = false, filling = false, written = false;
  };
  static constexpr u8 SEVERAL = 0xFF;
  void check(u32 address, unsigned size);
  void noteRead(u32 address, unsigned size, unsigned wave, bool atomic);
  void noteWrite(u32 address, unsigned size, unsigned wave, bool atomic, bool fill);
  [[noreturn]] void race(u32 address, const char* what, unsigned wave, unsigned other);

  std::vector<u8> data;
  std::vector<Word> words;
  u32 now = 1;
  bool races, uninitialized;
};

}  // namespace emu
