// Functions that mean the same on every machine, compiled once for gfx942 and once for this one: their results must agree
// bit for bit. They are chosen for what compilers make of them: division, calls, stacks, switches, packed and wide types.
#pragma once

typedef unsigned int word;
typedef unsigned long long wide;

PORTABLE word mix(word x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}
PORTABLE float number(word x) { return float(int(mix(x) >> 8) - (1 << 23)) / 65536.0f; }
PORTABLE word bitsOf(float value) { return __builtin_bit_cast(word, value); }
PORTABLE word bitsOf(double value) {
  const wide bits = __builtin_bit_cast(wide, value);
  return word(bits) ^ word(bits >> 32);
}

PORTABLE word unsignedDivision(word x) { return mix(x) / (mix(x + 1) % 1000 + 1) + mix(x + 2) % (mix(x + 3) >> 20 | 1); }
PORTABLE word signedDivision(word x) { return word(int(mix(x)) / (int(mix(x + 1)) | 1) * 31 + int(mix(x + 2)) % 77); }
PORTABLE word wideDivision(word x) {
  const wide a = wide(mix(x)) << 32 | mix(x + 1), b = (wide(mix(x + 2)) << (x % 32)) | 1;
  return word(a / b) ^ word(a % b >> 7) ^ word((long long)(a) / (long long)(b | 1ull << 40));
}
PORTABLE word floatDivision(word x) { return bitsOf(number(x) / (number(x + 1) + 0.001f)) ^ bitsOf(1e-38f * number(x + 2) / 3.7f); }
PORTABLE word squareRoot(word x) { return bitsOf(__builtin_sqrtf(number(x) * number(x))) + bitsOf(__builtin_floorf(number(x + 1))); }
PORTABLE word doubles(word x) {
  const double a = number(x), b = double(number(x + 1)) * 1e10;
  return bitsOf(a * b + a) ^ bitsOf(__builtin_fabs(a) - b) ^ word(int(a)) ^ word((unsigned long long)(__builtin_fabs(b) * 1000));
}
PORTABLE word conversions(word x) {
  const float f = number(x);
  return word(int(f)) ^ word((unsigned char)(int(f))) << 8 ^ word((long long)(double(f) * 1e6)) ^ bitsOf(float((long long)(mix(x)) << 20)) ^
         bitsOf(float(wide(mix(x + 1)) << 31));
}
PORTABLE word bitTricks(word x) {
  const word m = mix(x);
  const wide w = wide(m) << 32 | mix(x + 1);
  return word(__builtin_popcount(m)) + word(__builtin_clz(m | 1)) * 37 + word(__builtin_ctzll(w | 1ull << 63)) * 101 + __builtin_bswap32(m) +
         (m << (x & 31) | m >> (-x & 31)) + word(__builtin_popcountll(w)) * 7;
}
PORTABLE word smallTypes(word x) {
  short sum = 0;
  signed char bytes = 1;
  for (word k = 0; k < 5; k++) {
    sum = short(sum * 3 + short(mix(x + k)));
    bytes = (signed char)(bytes * 5 - (signed char)(mix(x ^ k)));
  }
  return word(sum) ^ word(bytes) << 16;
}
PORTABLE_CALL word callee(word a, float b, wide c) { return mix(a) + bitsOf(b * 1.5f) + word(c >> 17); }
PORTABLE word calls(word x) { return callee(x, number(x), wide(x) << 33 | mix(x)) ^ callee(x + 1, number(x + 2), mix(x)); }
PORTABLE word stack(word x) {
  word table[24];
  for (word k = 0; k < 24; k++) table[k] = mix(x + k);
  for (word k = 0; k < 24; k++) table[table[k] % 24] += table[(k * 7 + x) % 24] ^ k;
  word sum = 0;
  for (word k = 0; k < 24; k++) sum = sum * 5 + table[k];
  return sum;
}
PORTABLE word branches(word x) {
  word r = 1;
  for (word k = 0; k < 20; k++) {
    switch (mix(x + k) % 7) {
      case 0: r += 3; break;
      case 1: r *= 5; break;
      case 2: r ^= k; continue;
      case 3: if (r & 1) break; r >>= 1; break;
      case 4: r -= x; break;
      case 5: if (r > 0xF0000000u) return r; r <<= 1; break;
      default: r = mix(r);
    }
    if (r % 11 == 3) r += k;
  }
  return r;
}
PORTABLE word comparisons(word x) {
  const float a = number(x), b = number(x + 1);
  const int i = int(mix(x)), j = int(mix(x + 3));
  const long long p = (long long)(mix(x)) << 30, q = (long long)(mix(x + 5)) << 29;
  word r = word(a < b) | word(a >= b) << 1 | word(i < j) << 2 | word(word(i) < word(j)) << 3 | word(p < q) << 4 | word(wide(p) <= wide(q)) << 5;
  r |= word((a < b ? i : j)) << 8;
  return r ^ word(a > 0 ? b > 0 ? 7 : 9 : 11) << 3;
}

constexpr word FUNCTIONS = 14;
PORTABLE word portable(word function, word x) {
  switch (function) {
    case 0: return unsignedDivision(x);
    case 1: return signedDivision(x);
    case 2: return wideDivision(x);
    case 3: return floatDivision(x);
    case 4: return squareRoot(x);
    case 5: return doubles(x);
    case 6: return conversions(x);
    case 7: return bitTricks(x);
    case 8: return smallTypes(x);
    case 9: return calls(x);
    case 10: return stack(x);
    case 11: return branches(x);
    case 12: return comparisons(x);
    default: return mix(x);
  }
}
