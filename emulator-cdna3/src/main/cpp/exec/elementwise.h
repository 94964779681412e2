// Lane loops for operations on one 32-bit register per operand, written so that the compiler vectorizes them.
#pragma once
#include "exec/lanes.h"

namespace emu {

/// How a lane's 32 bits become a value of the operation, and back.
template <class T> struct As {
  static T from(u32 bits) { return bitsAs<T>(bits); }
  static u32 to(T value) { return bitsAs<u32>(value); }
};
template <> struct As<u16> {
  static u16 from(u32 bits) { return u16(bits); }
  static u32 to(u16 value) { return value; }
};
template <> struct As<i16> {
  static i16 from(u32 bits) { return i16(bits); }
  static u32 to(i16 value) { return u16(value); }
};
struct Half {};  // computed in f32, which holds sums, products and quotients of halves well enough to round once
template <> struct As<Half> {
  static float from(u32 bits) { return halfToFloat(u16(bits)); }
  static u32 to(float value) { return floatToHalf(value); }
};

template <class T, class R = T, class F> inline void lanes1(Wave& w, const Instruction& i, F f) {
  alignas(64) u32 b0[LANES], out[LANES];
  const u32* a = source32(w, i, 0, b0);
  for (unsigned l = 0; l < LANES; l++) out[l] = As<R>::to(f(As<T>::from(a[l])));
  result32(w, i, out);
}

template <class T, class R = T, class F> inline void lanes2(Wave& w, const Instruction& i, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1);
  for (unsigned l = 0; l < LANES; l++) out[l] = As<R>::to(f(As<T>::from(a[l]), As<T>::from(b[l])));
  result32(w, i, out);
}

template <class T, class R = T, class F> inline void lanes3(Wave& w, const Instruction& i, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], b2[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1), *c = source32(w, i, 2, b2);
  for (unsigned l = 0; l < LANES; l++) out[l] = As<R>::to(f(As<T>::from(a[l]), As<T>::from(b[l]), As<T>::from(c[l])));
  result32(w, i, out);
}

/// Two sources and the destination's old value: the multiply-accumulate forms.
template <class T, class R = T, class F> inline void lanesAccumulate(Wave& w, const Instruction& i, F f) {
  alignas(64) u32 b0[LANES], b1[LANES], out[LANES];
  const u32 *a = source32(w, i, 0, b0), *b = source32(w, i, 1, b1), *c = w.vector(i.dst);
  for (unsigned l = 0; l < LANES; l++) out[l] = As<R>::to(f(As<T>::from(a[l]), As<T>::from(b[l]), As<R>::from(c[l])));
  result32(w, i, out);
}

#define LANES1(name, T, R, value) \
  void name(Wave& w, const Instruction& i) { lanes1<T, R>(w, i, [](auto a) { return value; }); }
#define LANES2(name, T, R, value) \
  void name(Wave& w, const Instruction& i) { lanes2<T, R>(w, i, [](auto a, auto b) { return value; }); }
#define LANES3(name, T, R, value) \
  void name(Wave& w, const Instruction& i) { lanes3<T, R>(w, i, [](auto a, auto b, auto c) { return value; }); }
#define HANDLER_ROW(name, T, R, value) {#name, name},

}  // namespace emu
