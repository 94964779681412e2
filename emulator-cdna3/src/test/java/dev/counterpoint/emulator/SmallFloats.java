package dev.counterpoint.emulator;

/**
 * The 8-bit floats of gfx942 (FNUZ) from their definition: no infinities, no −0, and 0x80 is the
 * one NaN.
 */
final class SmallFloats {
  static final int NAN = 0x80;

  private SmallFloats() {}

  static double decode(int bits, int mantissaBits, int bias) {
    if (bits == NAN) {
      return Double.NaN;
    }
    int exponent = (bits & 0x7F) >> mantissaBits;
    int mantissa = bits & (1 << mantissaBits) - 1;
    double fraction = mantissa / (double) (1 << mantissaBits);
    double magnitude =
        exponent == 0 ? Math.scalb(fraction, 1 - bias) : Math.scalb(1 + fraction, exponent - bias);
    return (bits & 0x80) == 0 ? magnitude : -magnitude;
  }

  /** Nearest value, ties to even; NaN beyond the largest that rounds to a finite one. */
  static int encode(double value, int mantissaBits, int bias) {
    if (Double.isNaN(value)) {
      return NAN;
    }
    double magnitude = Math.abs(value);
    double largest = decode(0x7F, mantissaBits, bias);
    // Halfway to the value that would follow the largest.
    double step = largest - decode(0x7E, mantissaBits, bias);
    if (magnitude >= largest + step / 2) {
      return NAN;
    }
    int best = 0;
    for (int bits = 1; bits <= 0x7F; bits++) {
      double distance = Math.abs(decode(bits, mantissaBits, bias) - magnitude);
      double bestDistance = Math.abs(decode(best, mantissaBits, bias) - magnitude);
      if (distance < bestDistance || (distance == bestDistance && bits % 2 == 0)) {
        best = bits;
      }
    }
    return best == 0 ? 0 : best | (value < 0 ? 0x80 : 0);
  }
}
