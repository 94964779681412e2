// Read-modify-write operations on memory. They are done where memory is coherent, whatever their scope; their scope
// decides whether they may touch memory of another device.
#include "exec/atomic_math.h"
#include "exec/handlers.h"
#include "exec/vector_memory.h"

namespace emu {
namespace {

template <class U, AtomicOp OP> U perform(u8* at, U data, U compare) {
  U* word = reinterpret_cast<U*>(at);
  U old = __atomic_load_n(word, __ATOMIC_SEQ_CST);
  while (!__atomic_compare_exchange_n(word, &old, atomicResult<U>(OP, old, data, compare), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return old;
}

template <class U, AtomicOp OP> void atomic(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = sizeof(U) / 4;
  constexpr bool TWO = OP == AtomicOp::CMPSWAP;  // data first, then what to compare with
  alignas(64) u32 out[WORDS][LANES] = {};
  w.requireWrittenBack("an atomic");
  const LaneAddresses a = laneAddresses(w, i, sizeof(U));
  const u32* data[2 * WORDS];
  for (unsigned k = 0; k < (TWO ? 2 : 1) * WORDS; k++) data[k] = w.vector(i.src[1], k);
  MemoryPort port(w, i);
  const auto value = [&](unsigned from, unsigned lane) {
    U v = data[from][lane];
    if (WORDS == 2) v |= U(u64(data[from + 1][lane]) << 32);
    return v;
  };
  for (unsigned l = 0; l < LANES; l++) {
    if (!(a.lanes >> l & 1)) continue;
    const U x = value(0, l), y = TWO ? value(WORDS, l) : U(0);
    U old;
    if (a.space == LaneAddresses::Space::GLOBAL) {
      old = perform<U, OP>(port.exclusive(a.at[l], sizeof(U)), x, y);
    } else if (a.space == LaneAddresses::Space::LDS) {
      u8* at = w.group->lds->atomic(u32(a.at[l]), sizeof(U), w.id);
      std::memcpy(&old, at, sizeof old);
      const U result = atomicResult<U>(OP, old, x, y);
      std::memcpy(at, &result, sizeof result);
    } else {
      fault(FaultKind::UNKNOWN_INSTRUCTION, "atomic on scratch");
    }
    for (unsigned k = 0; k < WORDS; k++) out[k][l] = u32(u64(old) >> (32 * k));
  }
  Pending& entry = w.issue(true, a.flat);
  entry.ordered = !a.flat;
  if (i.dst.kind == Kind::NONE) return;
  entry.acquire = true;
  for (unsigned k = 0; k < WORDS; k++) resultRaw(w, w.vector(i.dst, k), out[k]);
  w.poison(entry, i.dst);
}

}  // namespace

const std::vector<HandlerRow>& atomicHandlers() {
  using A = AtomicOp;
#define NAMES(name, handler) {"mem_atomic_" name, handler}, {"buffer_atomic_" name, handler}
#define BOTH(name, op) NAMES(name, (atomic<u32, A::op>)), NAMES(name "_x2", (atomic<u64, A::op>))
  static const std::vector<HandlerRow> rows = {
      BOTH("swap", SWAP), BOTH("cmpswap", CMPSWAP), BOTH("add", ADD), BOTH("sub", SUB), BOTH("smin", SMIN), BOTH("umin", UMIN),
      BOTH("smax", SMAX), BOTH("umax", UMAX), BOTH("and", AND), BOTH("or", OR), BOTH("xor", XOR), BOTH("inc", INC), BOTH("dec", DEC),
      NAMES("add_f32", (atomic<u32, A::ADD_F32>)), NAMES("pk_add_f16", (atomic<u32, A::PK_ADD_F16>)),
      NAMES("pk_add_bf16", (atomic<u32, A::PK_ADD_BF16>)), NAMES("add_f64", (atomic<u64, A::ADD_F64>)),
      NAMES("min_f64", (atomic<u64, A::MIN_F64>)), NAMES("max_f64", (atomic<u64, A::MAX_F64>)),
  };
#undef BOTH
#undef NAMES
  return rows;
}

}  // namespace emu
