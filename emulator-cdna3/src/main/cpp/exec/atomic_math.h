// The arithmetic of read-modify-write operations, for memory and LDS alike.
#pragma once
#include "exec/lanes.h"

namespace emu {

enum class AtomicOp : u8 {
  SWAP, CMPSWAP, ADD, SUB, SMIN, UMIN, SMAX, UMAX, AND, OR, XOR, INC, DEC, ADD_F32, PK_ADD_F16, ADD_F64, MIN_F64, MAX_F64,
  PK_ADD_BF16, RSUB, MIN_F32, MAX_F32
};

inline float bf16ToFloat(u16 h) { return bitsAs<float>(u32(h) << 16); }
u16 floatToBf16(float value);

/// The new value; `compare` serves CMPSWAP only.
template <class U> U atomicResult(AtomicOp op, U old, U data, U compare) {
  using S = typename std::make_signed<U>::type;
  switch (op) {
    case AtomicOp::SWAP: return data;
    case AtomicOp::CMPSWAP: return old == compare ? data : old;
    case AtomicOp::ADD: return U(old + data);
    case AtomicOp::SUB: return U(old - data);
    case AtomicOp::RSUB: return U(data - old);
    case AtomicOp::SMIN: return S(old) < S(data) ? old : data;
    case AtomicOp::UMIN: return old < data ? old : data;
    case AtomicOp::SMAX: return S(old) > S(data) ? old : data;
    case AtomicOp::UMAX: return old > data ? old : data;
    case AtomicOp::AND: return old & data;
    case AtomicOp::OR: return old | data;
    case AtomicOp::XOR: return old ^ data;
    case AtomicOp::INC: return old >= data ? 0 : U(old + 1);
    case AtomicOp::DEC: return old == 0 || old > data ? data : U(old - 1);
    default: break;
  }
  if constexpr (sizeof(U) == 4) {
    const float a = bitsAs<float>(old), b = bitsAs<float>(data);
    const auto pair = [&](auto f) { return u32(f(u16(old), u16(data))) | u32(f(u16(old >> 16), u16(data >> 16))) << 16; };
    switch (op) {
      case AtomicOp::ADD_F32: return bitsAs<u32>(a + b);
      case AtomicOp::MIN_F32: return a < b ? old : data;
      case AtomicOp::MAX_F32: return a > b ? old : data;
      case AtomicOp::PK_ADD_F16: return pair([](u16 x, u16 y) { return floatToHalf(halfToFloat(x) + halfToFloat(y)); });
      case AtomicOp::PK_ADD_BF16: return pair([](u16 x, u16 y) { return floatToBf16(bf16ToFloat(x) + bf16ToFloat(y)); });
      default: break;
    }
  } else {
    const double a = bitsAs<double>(old), b = bitsAs<double>(data);
    switch (op) {
      case AtomicOp::ADD_F64: return bitsAs<u64>(a + b);
      case AtomicOp::MIN_F64: return a < b ? old : data;
      case AtomicOp::MAX_F64: return a > b ? old : data;
      default: break;
    }
  }
  fault(FaultKind::UNKNOWN_INSTRUCTION, "atomic operation %u on %u bytes", unsigned(op), unsigned(sizeof(U)));
}

}  // namespace emu
