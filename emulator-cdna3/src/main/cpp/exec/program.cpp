// Control flow, waits, barriers, clocks and hardware registers.
#include <time.h>

#include "device/code_object.h"
#include "exec/handlers.h"
#include "exec/workgroup.h"

namespace emu {
namespace {

void jump(Wave& w, i64 target) {
  if (target < 0 || target >= i64(w.codeSize)) fault(FaultKind::BAD_ADDRESS, "jump out of the code object's text");
  w.pc = u32(target);
}

void take(Wave& w, const Instruction& i, bool condition) {
  if (condition) jump(w, i64(w.pc) + i.offset);
}

void s_branch(Wave& w, const Instruction& i) { take(w, i, true); }
void s_cbranch_scc0(Wave& w, const Instruction& i) { take(w, i, !w.scc); }
void s_cbranch_scc1(Wave& w, const Instruction& i) { take(w, i, w.scc); }
void s_cbranch_vccz(Wave& w, const Instruction& i) { take(w, i, w.vcc() == 0); }
void s_cbranch_vccnz(Wave& w, const Instruction& i) { take(w, i, w.vcc() != 0); }
void s_cbranch_execz(Wave& w, const Instruction& i) { take(w, i, w.exec() == 0); }
void s_cbranch_execnz(Wave& w, const Instruction& i) { take(w, i, w.exec() != 0); }

u64 textBase(Wave& w) { return w.group->program->image->base + w.group->program->textAddress; }

void s_getpc_b64(Wave& w, const Instruction& i) { writeScalar(w, i.dst, textBase(w) + u64(w.pc) * 4); }
void toAddress(Wave& w, u64 address) {
  const u64 offset = address - textBase(w);
  if (offset % 4) fault(FaultKind::BAD_ADDRESS, "jump to an unaligned address");
  jump(w, i64(offset / 4));
}
void s_setpc_b64(Wave& w, const Instruction& i) { toAddress(w, readScalar(w, i.src[0])); }
void s_swappc_b64(Wave& w, const Instruction& i) {
  const u64 target = readScalar(w, i.src[0]);
  s_getpc_b64(w, i);
  toAddress(w, target);
}

void s_endpgm(Wave& w, const Instruction&) {
  w.finish();
  w.ended = w.yield = true;
  w.group->ended++;
  w.group->releaseBarrier();
}

void s_barrier(Wave& w, const Instruction&) {
  WorkGroup& g = *w.group;
  if (g.waves.size() - g.ended <= 1) {
    if (g.lds) g.lds->barrier();
    return;
  }
  w.requireWrittenBack("s_barrier");
  w.atBarrier = w.yield = true;
  g.atBarrier++;
  g.releaseBarrier();
}

void s_waitcnt(Wave& w, const Instruction& i) {
  const u32 bits = u16(i.offset);
  w.wait((bits & 15) | (bits >> 14 & 3) << 4, bits >> 8 & 15);
}

void s_sleep(Wave& w, const Instruction&) { w.sleeping = w.yield = true; }
void nothing(Wave&, const Instruction&) {}

void s_trap(Wave& w, const Instruction& i) {
  (void)w;
  fault(FaultKind::TRAP, "s_trap %d (an assertion or __builtin_trap of the kernel)", i.offset);
}

u64 nanoseconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return u64(t.tv_sec) * 1000000000ull + u64(t.tv_nsec);
}
void scalarReady(Wave& w, const Instruction& i, u64 value) {
  writeScalar(w, i.dst, value);
  Pending& entry = w.issue(false, true);
  entry.ordered = false;
  w.poison(entry, i.dst);
}
void s_memrealtime(Wave& w, const Instruction& i) { scalarReady(w, i, nanoseconds() / 10); }  // 100 MHz
void s_memtime(Wave& w, const Instruction& i) { scalarReady(w, i, nanoseconds() * 2); }       // a nominal 2 GHz

constexpr unsigned MODE = 1, HW_ID = 4, XCC_ID = 20;

u32 hardwareRegister(Wave& w, unsigned id) {
  switch (id) {
    case MODE: return w.mode;
    case HW_ID: return w.id | w.group->computeUnit << 8;
    case XCC_ID: return w.group->number % 8;
    case 15: return 0x00020001;  // SH_MEM_BASES: private and shared apertures, high halves
    default: fault(FaultKind::UNKNOWN_INSTRUCTION, "hardware register %u is not modeled", id);
  }
}

void s_getreg_b32(Wave& w, const Instruction& i) {
  const u32 bits = u16(i.offset), size = (bits >> 11) + 1;
  const u32 value = hardwareRegister(w, bits & 63) >> (bits >> 6 & 31);
  w.sgpr[i.dst.reg] = size == 32 ? value : value & ((1u << size) - 1);
}

void setRegister(Wave& w, u32 bits, u32 value) {
  const u32 size = (bits >> 11) + 1, offset = bits >> 6 & 31;
  if ((bits & 63) != MODE) fault(FaultKind::UNKNOWN_INSTRUCTION, "writing hardware register %u is not modeled", bits & 63);
  const u32 field = (size == 32 ? ~0u : (1u << size) - 1) << offset;
  w.mode = (w.mode & ~field) | (value << offset & field);
  if (w.mode & 15) fault(FaultKind::UNKNOWN_INSTRUCTION, "rounding other than to nearest even is not modeled");
  w.yield = true;  // the denormal mode takes effect when the wave is entered again
}
void s_setreg_b32(Wave& w, const Instruction& i) { setRegister(w, u16(i.offset), w.sgpr[i.dst.reg]); }
void s_setreg_imm32_b32(Wave& w, const Instruction& i) { setRegister(w, u16(i.offset), u32(i.src[0].value)); }

}  // namespace

const std::vector<HandlerRow>& programHandlers() {
  static const std::vector<HandlerRow> rows = {
      {"s_branch", s_branch}, {"s_cbranch_scc0", s_cbranch_scc0}, {"s_cbranch_scc1", s_cbranch_scc1},
      {"s_cbranch_vccz", s_cbranch_vccz}, {"s_cbranch_vccnz", s_cbranch_vccnz}, {"s_cbranch_execz", s_cbranch_execz},
      {"s_cbranch_execnz", s_cbranch_execnz}, {"s_getpc_b64", s_getpc_b64}, {"s_setpc_b64", s_setpc_b64},
      {"s_swappc_b64", s_swappc_b64}, {"s_endpgm", s_endpgm}, {"s_barrier", s_barrier}, {"s_waitcnt", s_waitcnt},
      {"s_sleep", s_sleep}, {"s_nop", nothing}, {"s_setprio", nothing}, {"s_icache_inv", nothing}, {"s_wakeup", nothing},
      {"s_ttracedata", nothing}, {"s_incperflevel", nothing}, {"s_decperflevel", nothing}, {"v_nop", nothing},
      {"s_trap", s_trap}, {"s_memrealtime", s_memrealtime}, {"s_memtime", s_memtime}, {"s_getreg_b32", s_getreg_b32},
      {"s_setreg_b32", s_setreg_b32}, {"s_setreg_imm32_b32", s_setreg_imm32_b32},
  };
  return rows;
}

}  // namespace emu
