package dev.counterpoint;

/** Bit-level conversions between binary32 and the narrow formats of {@link DType}. */
final class FloatFormats {
  private FloatFormats() {}

  static int toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (bits >>> 16) | 0x40; // keep the sign, force a quiet mantissa bit
    }
    return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }

  static int toHalf(float value) {
    return toNarrow(value, 5, 10, Overflow.INFINITY);
  }

  static float fromHalf(int bits) {
    return fromNarrow(bits & 0xffff, 5, 10, true);
  }

  static int toE5M2(float value) {
    return toNarrow(value, 5, 2, Overflow.SATURATE_IEEE);
  }

  static float fromE5M2(int bits) {
    return fromNarrow(bits & 0xff, 5, 2, true);
  }

  static int toE4M3(float value) {
    return toNarrow(value, 4, 3, Overflow.SATURATE_FINITE_ONLY);
  }

  static float fromE4M3(int bits) {
    return fromNarrow(bits & 0xff, 4, 3, false);
  }

  private enum Overflow {
    /** Too large becomes infinity. */
    INFINITY,
    /** Too large becomes the largest finite value; infinity stays infinity. */
    SATURATE_IEEE,
    /** The format has no infinity: everything too large becomes the largest finite value. */
    SATURATE_FINITE_ONLY
  }

  private static int toNarrow(float value, int exponentBits, int mantissaBits, Overflow overflow) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 31) << (exponentBits + mantissaBits);
    int top = (1 << exponentBits) - 1;
    boolean finiteOnly = overflow == Overflow.SATURATE_FINITE_ONLY;
    int nan =
        finiteOnly
            ? (top << mantissaBits) | ((1 << mantissaBits) - 1)
            : (top << mantissaBits) | (1 << (mantissaBits - 1));
    if (Float.isNaN(value)) {
      return sign | nan;
    }
    int infinity = top << mantissaBits;
    int largest = finiteOnly ? nan - 1 : infinity - 1;
    if (Float.isInfinite(value)) {
      return sign | (finiteOnly ? largest : infinity);
    }
    int magnitude = roundMagnitude(bits & 0x7fffffff, exponentBits, mantissaBits);
    if (magnitude > largest) {
      return sign | (overflow == Overflow.INFINITY ? infinity : largest);
    }
    return sign | magnitude;
  }

  /**
   * Rounds a finite non-negative binary32 pattern to the narrow format as if its exponent were
   * unbounded above.
   */
  private static int roundMagnitude(int bits, int exponentBits, int mantissaBits) {
    int bias = (1 << (exponentBits - 1)) - 1;
    int exponent = (bits >>> 23) - 127 + bias;
    int mantissa = bits & 0x7fffff;
    int drop = 23 - mantissaBits;
    if (exponent >= 1) {
      int combined = (exponent << 23) | mantissa;
      // An exponent far above the format's would wrap; clamp to something that every caller treats
      // as too large.
      if (exponent >= (1 << exponentBits)) {
        return Integer.MAX_VALUE;
      }
      return roundShift(combined, drop);
    }
    if ((bits >>> 23) == 0) {
      return 0; // binary32 subnormals lie below half of every narrow format's smallest value
    }
    int shift = drop + 1 - exponent;
    return shift > 30 ? 0 : roundShift(mantissa | 0x800000, shift);
  }

  private static int roundShift(int value, int shift) {
    int half = 1 << (shift - 1);
    int rest = value & ((1 << shift) - 1);
    int kept = value >>> shift;
    return rest > half || (rest == half && (kept & 1) != 0) ? kept + 1 : kept;
  }

  private static float fromNarrow(int bits, int exponentBits, int mantissaBits, boolean ieee) {
    int bias = (1 << (exponentBits - 1)) - 1;
    int top = (1 << exponentBits) - 1;
    int mantissaMask = (1 << mantissaBits) - 1;
    boolean negative = ((bits >>> (exponentBits + mantissaBits)) & 1) != 0;
    int exponent = (bits >>> mantissaBits) & top;
    int mantissa = bits & mantissaMask;
    float magnitude;
    if (exponent == top && ieee) {
      magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else if (exponent == top && mantissa == mantissaMask) {
      magnitude = Float.NaN;
    } else if (exponent == 0) {
      magnitude = Math.scalb((float) mantissa, 1 - bias - mantissaBits);
    } else {
      magnitude =
          Math.scalb((float) (mantissa | (1 << mantissaBits)), exponent - bias - mantissaBits);
    }
    return negative ? -magnitude : magnitude;
  }
}
