// Vector compares: v_cmp_<condition>_<type> writes a mask; v_cmpx_ writes EXEC as well.
#include <cmath>
#include <string>

#include "exec/elementwise.h"
#include "exec/handlers.h"

namespace emu {
namespace {

void finish(Wave& w, const Instruction& i, const u32* lanes, bool toExec) {
  const u64 mask = packMask(lanes) & w.exec();
  writeScalar(w, i.dst, mask);
  if (toExec) w.exec() = mask;
}

template <class T, class F, bool X> void compare32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1);
  for (unsigned l = 0; l < LANES; l++) out[l] = F::test(As<T>::from(a[l]), As<T>::from(b[l])) ? ~0u : 0u;
  finish(w, i, out, X);
}

template <class T, class F, bool X> void compare64(Wave& w, const Instruction& i) {
  u64 a[LANES], b[LANES];
  alignas(64) u32 out[LANES];
  source64(w, i, 0, a);
  source64(w, i, 1, b);
  for (unsigned l = 0; l < LANES; l++) out[l] = F::test(bitsAs<T>(a[l]), bitsAs<T>(b[l])) ? ~0u : 0u;
  finish(w, i, out, X);
}

#define CONDITION(name, value) \
  struct name {                \
    template <class T> static bool test(T a, T b) { (void)a; (void)b; return value; } \
  };
CONDITION(False, false)
CONDITION(Less, a < b)
CONDITION(Equal, a == b)
CONDITION(LessEqual, a <= b)
CONDITION(Greater, a > b)
CONDITION(LessGreater, a < b || a > b)
CONDITION(GreaterEqual, a >= b)
CONDITION(Ordered, a == a && b == b)
CONDITION(Unordered, a != a || b != b)
CONDITION(NotGreaterEqual, !(a >= b))
CONDITION(NotLessGreater, !(a < b || a > b))
CONDITION(NotGreater, !(a > b))
CONDITION(NotLessEqual, !(a <= b))
CONDITION(NotEqual, a != b)
CONDITION(NotLess, !(a < b))
CONDITION(True, true)

/// Classes: 0 signaling NaN, 1 quiet NaN, 2 −∞, 3 −normal, 4 −subnormal, 5 −0, 6 +0, 7 +subnormal, 8 +normal, 9 +∞.
template <class V, class U> unsigned classOf(V value, U bits, U quiet) {
  const bool negative = std::signbit(value);
  switch (std::fpclassify(value)) {
    case FP_NAN: return bits & quiet ? 1 : 0;
    case FP_INFINITE: return negative ? 2 : 9;
    case FP_NORMAL: return negative ? 3 : 8;
    case FP_SUBNORMAL: return negative ? 4 : 7;
    default: return negative ? 5 : 6;
  }
}
unsigned classOfHalf(u16 h) {
  const bool negative = h >> 15;
  const unsigned e = h >> 10 & 31, m = h & 1023;
  if (e == 31 && m) return m >> 9 ? 1 : 0;
  if (e == 31) return negative ? 2 : 9;
  if (e) return negative ? 3 : 8;
  return m ? (negative ? 4 : 7) : negative ? 5 : 6;
}
template <bool X> void class32(Wave& w, const Instruction& i) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = sourceRaw(w, i.src[1], 0, b1);
  const bool half = i.op->srcType == 'h';
  for (unsigned l = 0; l < LANES; l++) {
    const unsigned c = half ? classOfHalf(u16(a[l])) : classOf(bitsAs<float>(a[l]), a[l], 0x400000u);
    out[l] = b[l] >> c & 1 ? ~0u : 0;
  }
  finish(w, i, out, X);
}
template <bool X> void class64(Wave& w, const Instruction& i) {
  u64 a[LANES];
  alignas(64) u32 b1[LANES], out[LANES];
  source64(w, i, 0, a);
  const u32* b = sourceRaw(w, i.src[1], 0, b1);
  for (unsigned l = 0; l < LANES; l++)
    out[l] = b[l] >> classOf(bitsAs<double>(a[l]), a[l], u64(1) << 51) & 1 ? ~0u : 0;
  finish(w, i, out, X);
}

template <class F, bool X> Handler byType(const std::string& type) {
  if (type == "f32") return compare32<float, F, X>;
  if (type == "f16") return compare32<Half, F, X>;
  if (type == "i32") return compare32<i32, F, X>;
  if (type == "u32") return compare32<u32, F, X>;
  if (type == "i16") return compare32<i16, F, X>;
  if (type == "u16") return compare32<u16, F, X>;
  if (type == "f64") return compare64<double, F, X>;
  if (type == "i64") return compare64<i64, F, X>;
  return compare64<u64, F, X>;
}

template <bool X> Handler byCondition(const std::string& condition, const std::string& type) {
  if (condition == "class") return type == "f64" ? class64<X> : class32<X>;
  if (condition == "f") return byType<False, X>(type);
  if (condition == "lt") return byType<Less, X>(type);
  if (condition == "eq") return byType<Equal, X>(type);
  if (condition == "le") return byType<LessEqual, X>(type);
  if (condition == "gt") return byType<Greater, X>(type);
  if (condition == "lg") return byType<LessGreater, X>(type);
  if (condition == "ge") return byType<GreaterEqual, X>(type);
  if (condition == "o") return byType<Ordered, X>(type);
  if (condition == "u") return byType<Unordered, X>(type);
  if (condition == "nge") return byType<NotGreaterEqual, X>(type);
  if (condition == "nlg") return byType<NotLessGreater, X>(type);
  if (condition == "ngt") return byType<NotGreater, X>(type);
  if (condition == "nle") return byType<NotLessEqual, X>(type);
  if (condition == "neq" || condition == "ne") return byType<NotEqual, X>(type);
  if (condition == "nlt") return byType<NotLess, X>(type);
  if (condition == "tru" || condition == "t") return byType<True, X>(type);
  return nullptr;
}

}  // namespace

Handler compareHandler(const Opcode& op) {
  const std::string name = op.name;
  const size_t first = name.find('_', 2), second = name.find('_', first + 1);
  const std::string condition = name.substr(first + 1, second - first - 1), type = name.substr(second + 1);
  return name.compare(0, 7, "v_cmpx_") == 0 ? byCondition<true>(condition, type) : byCondition<false>(condition, type);
}

}  // namespace emu
