// Read-modify-write operations on LDS.
#include <cstring>
#include <string>

#include "exec/atomic_math.h"
#include "exec/handlers.h"
#include "exec/workgroup.h"

namespace emu {

u16 floatToBf16(float value) {
  const u32 bits = bitsAs<u32>(value);
  if (value != value) return u16(bits >> 16 | 0x40);
  return u16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

namespace {

template <class U, AtomicOp OP> void atomic(Wave& w, const Instruction& i) {
  constexpr unsigned WORDS = sizeof(U) / 4;
  constexpr bool TWO = OP == AtomicOp::CMPSWAP;
  if (!w.group->lds) fault(FaultKind::BAD_ADDRESS, "LDS access by a work-group that has none");
  if (i.gds) fault(FaultKind::UNKNOWN_INSTRUCTION, "GDS is not modeled");
  alignas(64) u32 b0[LANES], b[2 * WORDS][LANES], out[WORDS][LANES] = {};
  const u32* base = sourceRaw(w, i.src[0], 0, b0);
  const u32 *first[WORDS], *second[WORDS];
  for (unsigned k = 0; k < WORDS; k++) {
    first[k] = sourceRaw(w, i.src[1], k, b[k]);
    second[k] = TWO ? sourceRaw(w, i.src[2], k, b[WORDS + k]) : first[k];
  }
  Pending& entry = w.issue(false, true);
  entry.action = Pending::Action::LDS_ACCESS;
  entry.stores = true;
  for (unsigned l = 0; l < LANES; l++) {
    if (!(w.exec() >> l & 1)) continue;
    u8* at = w.group->lds->atomic(base[l] + u32(i.offset), sizeof(U), w.id);
    entry.marks.push_back({base[l] + u32(i.offset), sizeof(U)});
    U old, x = 0, y = 0;
    std::memcpy(&old, at, sizeof old);
    for (unsigned k = 0; k < WORDS; k++) {
      x |= U(first[k][l]) << (16 * k) << (16 * k);
      y |= U(second[k][l]) << (16 * k) << (16 * k);
    }
    // Compare-and-store: the first operand is compared, the second stored.
    const U result = TWO ? atomicResult<U>(OP, old, y, x) : atomicResult<U>(OP, old, x, U(0));
    std::memcpy(at, &result, sizeof result);
    for (unsigned k = 0; k < WORDS; k++) out[k][l] = u32(old >> (16 * k) >> (16 * k));
  }
  if (i.dst.kind == Kind::NONE) return;
  for (unsigned k = 0; k < WORDS; k++) resultRaw(w, w.vector(i.dst, k), out[k]);
  w.poison(entry, i.dst);
}

}  // namespace

const std::vector<HandlerRow>& ldsAtomicHandlers() {
  using A = AtomicOp;
#define BOTH(op, name32, name64) \
  {"ds_" #name32, atomic<u32, A::op>}, {"ds_" #name64, atomic<u64, A::op>}
#define WITH_RETURN(op, base, t32, t64) BOTH(op, base##_##t32, base##_##t64), BOTH(op, base##_rtn_##t32, base##_rtn_##t64)
  static const std::vector<HandlerRow> rows = {
      WITH_RETURN(ADD, add, u32, u64), WITH_RETURN(SUB, sub, u32, u64), WITH_RETURN(RSUB, rsub, u32, u64),
      WITH_RETURN(INC, inc, u32, u64), WITH_RETURN(DEC, dec, u32, u64), WITH_RETURN(SMIN, min, i32, i64),
      WITH_RETURN(SMAX, max, i32, i64), WITH_RETURN(UMIN, min, u32, u64), WITH_RETURN(UMAX, max, u32, u64),
      WITH_RETURN(AND, and, b32, b64), WITH_RETURN(OR, or, b32, b64), WITH_RETURN(XOR, xor, b32, b64),
      WITH_RETURN(CMPSWAP, cmpst, b32, b64), BOTH(SWAP, wrxchg_rtn_b32, wrxchg_rtn_b64),
      {"ds_add_f32", atomic<u32, A::ADD_F32>}, {"ds_add_rtn_f32", atomic<u32, A::ADD_F32>},
      {"ds_min_f32", atomic<u32, A::MIN_F32>}, {"ds_min_rtn_f32", atomic<u32, A::MIN_F32>},
      {"ds_max_f32", atomic<u32, A::MAX_F32>}, {"ds_max_rtn_f32", atomic<u32, A::MAX_F32>},
      {"ds_add_f64", atomic<u64, A::ADD_F64>}, {"ds_add_rtn_f64", atomic<u64, A::ADD_F64>},
      {"ds_min_f64", atomic<u64, A::MIN_F64>}, {"ds_min_rtn_f64", atomic<u64, A::MIN_F64>},
      {"ds_max_f64", atomic<u64, A::MAX_F64>}, {"ds_max_rtn_f64", atomic<u64, A::MAX_F64>},
      {"ds_pk_add_f16", atomic<u32, A::PK_ADD_F16>}, {"ds_pk_add_rtn_f16", atomic<u32, A::PK_ADD_F16>},
      {"ds_pk_add_bf16", atomic<u32, A::PK_ADD_BF16>}, {"ds_pk_add_rtn_bf16", atomic<u32, A::PK_ADD_BF16>},
  };
#undef BOTH
#undef WITH_RETURN
  return rows;
}

}  // namespace emu
