// What a wave has in flight: poisoned registers, stores on their way, and s_waitcnt.
#include "exec/workgroup.h"

namespace emu {
namespace {

bool overlaps(const u64* bits, unsigned start, unsigned width) {
  for (unsigned k = start; k < start + width; k++)
    if (bits[k >> 6] >> (k & 63) & 1) return true;
  return false;
}

void setRange(u64* bits, unsigned start, unsigned width) {
  for (unsigned k = start; k < start + width; k++) bits[k >> 6] |= 1ull << (k & 63);
}

unsigned indexOf(Kind kind, unsigned reg) { return kind == Kind::AGPR ? ACCUMULATORS + reg : reg; }

bool inOrderWith(const Pending& a, const Pending& b) { return a.ordered && b.ordered; }

}  // namespace

Pending& Wave::issue(bool vm, bool lgkm) {
  pending.emplace_back();
  Pending& entry = pending.back();
  entry.vm = vm;
  entry.lgkm = lgkm;
  entry.epoch = group->lds ? group->lds->epoch() : 0;
  if (!spareMarks.empty()) {
    entry.marks = std::move(spareMarks.back());
    spareMarks.pop_back();
    entry.marks.clear();
  }
  return entry;
}

void Wave::poison(Pending& entry, const Operand& target) {
  entry.target = target.kind;
  entry.reg = target.reg;
  entry.width = target.width;
  if (target.kind == Kind::SGPR) setRange(poisonScalar, target.reg, target.width);
  else setRange(poisonVector, indexOf(target.kind, target.reg), target.width);
  anyPoison = true;
}

void Wave::recomputePoison() {
  for (u64& bits : poisonVector) bits = 0;
  poisonScalar[0] = poisonScalar[1] = 0;
  anyPoison = false;
  for (const Pending& entry : pending) {
    if (entry.target == Kind::NONE) continue;
    anyPoison = true;
    if (entry.target == Kind::SGPR) setRange(poisonScalar, entry.reg, entry.width);
    else setRange(poisonVector, indexOf(entry.target, entry.reg), entry.width);
  }
}

void Wave::land(u64 word, u64 after) {
  const auto found = late.find(word);
  if (found == late.end() || found->second.address + found->second.size <= after) return;
  Cache::land(found->second.address, found->second.size, found->second.data);
  late.erase(found);
}

void Wave::landBefore(u64 address, unsigned bytes) {
  if (late.empty()) return;
  for (u64 word = address >> 3 << 1; word <= (address + bytes - 1) >> 2; word++) land(word, address >> 2 << 2);
}

void Wave::landSome() {
  for (auto next = late.begin(); next != late.end();) {
    const auto one = next++;
    if (group->nextRandom() % 4 == 0) land(one->first);
  }
}

void Wave::retire(Pending& entry) {
  for (u64 word : entry.late) land(word);
  switch (entry.action) {
    case Pending::Action::NONE: break;
    case Pending::Action::STORE:
      for (const LineMark& mark : entry.marks) group->cache->landed(mark);
      break;
    case Pending::Action::LDS_FILL:
      for (const LineMark& mark : entry.marks) group->lds->landed(u32(mark.line), unsigned(mark.bytes), id);
      break;
    case Pending::Action::LDS_ACCESS: {
      const bool late = entry.epoch != group->lds->epoch();
      for (const LineMark& mark : entry.marks) {
        if (entry.stores) group->lds->landed(u32(mark.line), unsigned(mark.bytes), id);
        else if (late) group->lds->readLate(u32(mark.line), unsigned(mark.bytes), id);
      }
      break;
    }
    case Pending::Action::WRITE_BACK: group->cache->writeBack(entry.systemScope); break;
  }
}

/// Waits until at most so many operations are outstanding. What returns in order is done when no more than the allowed
/// number of its kind can be left, itself included; what returns in any order only when nothing may be left.
void Wave::wait(unsigned vmcnt, unsigned lgkmcnt) {
  if (pending.empty()) return;
  bool any = false;
  for (unsigned k = 0; k < pending.size(); k++) {
    Pending& entry = pending[k];
    unsigned laterVm = 1, laterLgkm = 1;
    if (entry.ordered) {
      for (unsigned j = k + 1; j < pending.size(); j++) {
        if (!inOrderWith(entry, pending[j])) continue;
        laterVm += pending[j].vm;
        laterLgkm += pending[j].lgkm;
      }
    }
    const bool vmDone = entry.vm && laterVm > vmcnt, lgkmDone = entry.lgkm && laterLgkm > lgkmcnt;
    if (!vmDone && !lgkmDone) continue;
    if (vmDone) entry.vm = false;
    if (lgkmDone) entry.lgkm = false;
    any = true;
  }
  if (!any) return;
  // In order of issue: a write-back must find the stores before it landed.
  unsigned kept = 0;
  for (unsigned k = 0; k < pending.size(); k++) {
    Pending& entry = pending[k];
    if (!entry.vm && !entry.lgkm) {
      retire(entry);
      spareMarks.push_back(std::move(entry.marks));
      continue;
    }
    if (kept != k) pending[kept] = std::move(entry);
    kept++;
  }
  pending.resize(kept);
  recomputePoison();
}

/// The option that reports reads of registers nobody set. Writes are noted for the active lanes.
void Wave::checkWritten(const Instruction& i) {
  if (!i.op) return;
  for (const Operand& o : i.src) {
    if (o.kind != Kind::VGPR && o.kind != Kind::AGPR) continue;
    for (unsigned k = 0; k < o.width; k++)
      if (exec() & ~written[indexOf(o.kind, u16(o.reg + k))])
        fault(FaultKind::UNINITIALIZED, "%c%u is read and was never written", o.kind == Kind::AGPR ? 'a' : 'v', o.reg + k);
  }
  if (i.dst.kind == Kind::VGPR || i.dst.kind == Kind::AGPR)
    for (unsigned k = 0; k < i.dst.width; k++) written[indexOf(i.dst.kind, u16(i.dst.reg + k))] |= exec();
}

void Wave::requireWrittenBack(const char* what) {
  for (const Pending& entry : pending)
    if (entry.action == Pending::Action::WRITE_BACK)
      fault(FaultKind::MEMORY_ORDER, "%s while a buffer_wbl2 is under way: no s_waitcnt vmcnt(0) came between, so it can overtake the data",
            what);
}

void Wave::finish() { wait(0, 0); }

void Wave::checkPoison(const Instruction& i) {
  const auto check = [&](const Operand& o, bool written) {
    bool bad = false;
    if (o.kind == Kind::VGPR || o.kind == Kind::AGPR) bad = overlaps(poisonVector, indexOf(o.kind, o.reg), o.width);
    else if (o.kind == Kind::SGPR) bad = (poisonScalar[0] | poisonScalar[1]) && overlaps(poisonScalar, o.reg, o.width);
    if (!bad) return;
    if (written) {  // loads of one kind return in order, so a second one may follow to the same register
      const Format format = i.op->format;
      bool sameKind = true;
      for (const Pending& entry : pending) {
        if (entry.target == Kind::NONE) continue;
        const unsigned a = indexOf(entry.target, entry.reg), b = indexOf(o.kind, o.reg);
        const bool sameFile = (entry.target == Kind::SGPR) == (o.kind == Kind::SGPR);
        if (!sameFile || a + entry.width <= b || b + o.width <= a) continue;
        const bool vectorMemory = format == Format::FLAT || format == Format::MUBUF;
        if (!entry.ordered || !((vectorMemory && entry.vm) || (format == Format::DS && entry.lgkm))) sameKind = false;
      }
      if (sameKind) return;
    }
    fault(FaultKind::POISONED_REGISTER, "%s%u is the target of a load that no s_waitcnt has covered (it is %s here)",
          o.kind == Kind::SGPR ? "s" : o.kind == Kind::AGPR ? "a" : "v", o.reg, written ? "overwritten" : "read");
  };
  for (const Operand& o : i.src) check(o, false);
  check(i.dst, true);
  check(i.sdst, true);
}

}  // namespace emu
