// The state of one 64-lane wave, and what it has in flight.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "decode/instruction.h"
#include "exec/fault.h"
#include "memory/cache.h"

namespace emu {

struct WorkGroup;
struct CodeObject;

constexpr unsigned LANES = 64;
constexpr unsigned ACCUMULATORS = 256;  // index of a0 in Wave::vgpr

/// A memory operation that has been issued and that no s_waitcnt has yet covered.
struct Pending {
  enum class Action : u8 { NONE, STORE, LDS_FILL, WRITE_BACK, LDS_ACCESS };
  bool vm = false, lgkm = false;        // counters it still holds
  bool ordered = true;                  // returns in order with its like; SMEM and FLAT do not
  bool acquire = false;                 // an sc1 load: what an invalidate must not overtake
  Action action = Action::NONE;
  bool systemScope = false;             // of a write-back
  bool stores = false;                  // an LDS access that stores
  Kind target = Kind::NONE;             // registers it poisons
  u16 reg = 0;
  u8 width = 0;
  u32 epoch = 0;                        // barrier epoch at issue
  std::vector<LineMark> marks;          // bytes in flight of a store, or LDS bytes (line = LDS dword index)
  std::vector<u64> late;                // where bytes of it may not have landed, as Wave::late has them
};

/// Bytes of one aligned eight that a store past the caches has not yet brought to memory. It lands whole.
struct Late {
  u64 address = 0, data = 0;
  unsigned size = 0;
};

struct Wave {
  WorkGroup* group = nullptr;
  const Instruction* code = nullptr;    // indexed by dword offset in .text
  u32 codeSize = 0;
  u32 pc = 0, current = 0;              // next and running instruction, in dwords from the start of .text
  unsigned id = 0;                      // in its work-group
  unsigned vgprCount = 0, agprCount = 0, sgprCount = 0;
  bool scc = false;
  bool ended = false, atBarrier = false, sleeping = false, yield = false;
  unsigned delayed = 0;                 // turns of its group that it sits out (chaos)
  u32 mode = 0;
  u64 executed = 0;
  alignas(64) u32 sgpr[128] = {};       // by encoding: vcc 106, m0 124, exec 126
  u32* vgpr = nullptr;                  // [512][64]: v0.. then a0..
  u64* written = nullptr;               // [512] lanes written so far, when reads of unset registers are checked
  std::vector<u64> writtenStorage;
  alignas(64) u32 laneMask[LANES] = {}; // exec spread over lanes
  u64 laneMaskOf = 0;
  std::vector<Pending> pending;
  std::vector<std::vector<LineMark>> spareMarks;
  std::unordered_map<u64, Late> late;   // by address / 4; no two overlap
  u64 poisonVector[8] = {};
  u64 poisonScalar[2] = {};
  bool anyPoison = false;
  std::vector<u8> scratch;              // private memory, lane-major
  u32 scratchPerLane = 0;

  u64& exec() { return *reinterpret_cast<u64*>(&sgpr[126]); }
  u64& vcc() { return *reinterpret_cast<u64*>(&sgpr[106]); }
  u32& m0() { return sgpr[124]; }

  /// All-ones where the lane is active.
  const u32* mask() {
    if (laneMaskOf != exec()) spreadMask();
    return laneMask;
  }
  bool allActive() { return exec() == ~0ull; }

  /// Lane 0 of a vector or accumulation register; faults when it is not allocated.
  u32* vector(const Operand& operand, unsigned offset = 0) {
    const unsigned number = operand.reg + offset;
    const bool accumulator = operand.kind == Kind::AGPR;
    if (number >= (accumulator ? agprCount : vgprCount)) badRegister(operand, offset);
    return vgpr + (accumulator ? ACCUMULATORS + number : number) * LANES;
  }

  void spreadMask();
  [[noreturn]] void badRegister(const Operand& operand, unsigned offset);

  // exec/waits.cpp
  Pending& issue(bool vm, bool lgkm);
  void poison(Pending& entry, const Operand& target);
  void wait(unsigned vmcnt, unsigned lgkmcnt);
  void checkPoison(const Instruction& i);
  void checkWritten(const Instruction& i);
  /// Faults when a write-back is under way: what follows could overtake it.
  void requireWrittenBack(const char* what);
  /// Before this wave's own access: what it stored there comes first.
  void landBefore(u64 address, unsigned bytes);
  /// Some of what is late has arrived, in no order.
  void landSome();
  void finish();  // end of the wave: everything in flight lands
 private:
  void land(u64 word, u64 after = 0);
  void retire(Pending& entry);
  void recomputePoison();
};

}  // namespace emu
