#include "exec/workgroup.h"

#include <immintrin.h>

#include <cstdio>

#include "device/code_object.h"
#include "device/operation.h"
#include "device/options.h"

namespace emu {
namespace {

constexpr unsigned WAVE_BUDGET = 1024;      // instructions of one wave at a time
constexpr u64 TURN_NANOSECONDS = 400000;    // of a work-group, before others get theirs

/// Denormals are flushed when the kernel's mode says so (bits 4 and 5: f32); the thread gets its own mode back, whatever
/// ends the turn.
class DenormalMode {
 public:
  explicit DenormalMode(bool flush) : saved(_mm_getcsr()) { _mm_setcsr(flush ? saved | 0x8040 : saved & ~0x8040u); }
  ~DenormalMode() { _mm_setcsr(saved); }

 private:
  unsigned saved;
};

void trace(Wave& w, const Instruction& i) {
  char text[32];
  std::snprintf(text, sizeof text, "%06llx  ", static_cast<unsigned long long>(w.group->program->textAddress + w.pc * 4ull));
  logLine(text + disassemble(i));
}

}  // namespace

bool runWave(Wave& w, unsigned budget) {
  const bool tracing = options().trace && w.id == 0 && w.group->number == 0;
  const unsigned start = budget;
  const DenormalMode mode((w.mode >> 4 & 3) != 3);
  w.yield = false;
  while (budget-- && !w.yield) {
    const Instruction& i = w.code[w.pc];
    w.current = w.pc;
    if (tracing) trace(w, i);
    w.pc += i.size;
    if (w.anyPoison) w.checkPoison(i);
    if (w.written) w.checkWritten(i);
    i.run(w, i);
    w.executed++;
  }
  return start != budget + 1;
}

void WorkGroup::releaseBarrier() {
  if (atBarrier == 0 || atBarrier + ended < waves.size()) return;
  atBarrier = 0;
  if (lds) lds->barrier();
  for (auto& wave : waves) {
    wave->atBarrier = false;
    if (random && nextRandom() % 4 == 0) wave->delayed = 1 + nextRandom() % 3;  // not all leave it at once
  }
}

u32 WorkGroup::nextRandom() {
  random ^= random << 13;
  random ^= random >> 7;
  random ^= random << 17;
  return u32(random >> 16);
}

/// Waves take turns; with chaos they start at a random one and some sit out a few turns, as if their SIMD were busy, so
/// that what only works when waves run in step does not work here.
bool WorkGroup::step(const Wave*& running) {
  bool useful = false;
  const unsigned count = unsigned(waves.size()), first = random ? nextRandom() % count : 0;
  for (auto& wave : waves) {
    wave->sleeping = false;
    if (!wave->late.empty()) wave->landSome();
    if (random && count > 1 && wave->delayed == 0 && nextRandom() % 4 == 0) wave->delayed = 1 + nextRandom() % 4;
    else if (wave->delayed) wave->delayed--;
  }
  const u64 end = clockNanoseconds() + TURN_NANOSECONDS;
  do {
    bool ran = false;
    for (unsigned k = 0; k < count; k++) {
      Wave& w = *waves[(first + k) % count];
      if (w.ended || w.atBarrier || w.sleeping) continue;
      if (w.delayed) {
        useful = true;
        continue;
      }
      ran = true;
      running = &w;
      runWave(w, WAVE_BUDGET);
      if (!w.sleeping) useful = true;
    }
    if (!ran) break;
  } while (clockNanoseconds() < end);
  return useful;
}

std::string describe(const Wave& w) {
  const WorkGroup& g = *w.group;
  char text[256];
  const u64 offset = g.program->textAddress + u64(w.current) * 4;
  const Symbol* symbol = g.program->symbolAt(offset);
  std::snprintf(text, sizeof text, "%s+0x%llx, work-group (%u,%u,%u) wave %u on device %d, pc 0x%llx: ",
                symbol ? symbol->name.c_str() : "?", static_cast<unsigned long long>(offset - (symbol ? symbol->value : 0)), g.id[0],
                g.id[1], g.id[2], w.id, g.device, static_cast<unsigned long long>(offset));
  return text + disassemble(w.code[w.current]);
}

}  // namespace emu
