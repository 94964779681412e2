package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import java.nio.ByteBuffer;

/**
 * The element types once more, from their definitions and in FP64, so that the kit does not judge a
 * conversion by itself. Encoding looks for the nearest representable value instead of shifting
 * bits.
 */
final class Numbers {
  private Numbers() {}

  private record Format(
      int exponentBits, int mantissaBits, boolean infinities, boolean saturates) {}

  private static Format format(DType type) {
    return switch (type) {
      case FP32 -> new Format(8, 23, true, false);
      case FP16 -> new Format(5, 10, true, false);
      case BF16 -> new Format(8, 7, true, false);
      case FP8_E4M3 -> new Format(4, 3, false, true);
      case FP8_E5M2 -> new Format(5, 2, true, true);
      case INT8, INT32 -> throw new IllegalArgumentException(type + " is not a floating type");
    };
  }

  /** Significant bits: integers up to 2 to this power are exact. */
  static int precision(DType type) {
    return type.isFloating() ? format(type).mantissaBits() + 1 : 31;
  }

  /** v of rule NUM-1. */
  static double roundoff(DType type) {
    return type.isFloating() ? Math.scalb(1.0, -precision(type)) : 0;
  }

  /** t of rule NUM-1. */
  static double smallest(DType type) {
    return type.isFloating() ? decode(type, 1) : 0;
  }

  /** Pattern of the largest finite value. */
  static int largestBits(DType type) {
    Format f = format(type);
    int all = (1 << (f.exponentBits() + f.mantissaBits())) - 1;
    return f.infinities() ? all - (1 << f.mantissaBits()) : all - 1;
  }

  static double decode(DType type, int bits) {
    if (type == DType.INT8) {
      return (byte) bits;
    }
    if (type == DType.INT32) {
      return bits;
    }
    Format f = format(type);
    int top = (1 << f.exponentBits()) - 1;
    int exponent = (bits >>> f.mantissaBits()) & top;
    int mantissa = bits & ((1 << f.mantissaBits()) - 1);
    double sign = ((bits >>> (f.exponentBits() + f.mantissaBits())) & 1) == 0 ? 1 : -1;
    if (exponent == top && f.infinities()) {
      return mantissa == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    if (exponent == top && mantissa == (1 << f.mantissaBits()) - 1) {
      return Double.NaN;
    }
    int bias = (1 << (f.exponentBits() - 1)) - 1;
    double fraction = exponent == 0 ? mantissa : mantissa + (1 << f.mantissaBits());
    return sign * Math.scalb(fraction, Math.max(exponent, 1) - bias - f.mantissaBits());
  }

  static boolean isNan(DType type, int bits) {
    return type.isFloating() && Double.isNaN(decode(type, bits));
  }

  /** The nearest value, ties to even; NaN gives some NaN. */
  static int encode(DType type, double value) {
    if (type == DType.INT8) {
      return (int) Math.max(-128, Math.min(127, Math.rint(value))) & 0xff;
    }
    if (type == DType.INT32) {
      return (int) Math.rint(value);
    }
    Format f = format(type);
    int sign = 1 << (f.exponentBits() + f.mantissaBits());
    if (Double.isNaN(value)) {
      return sign - 1;
    }
    int signBit = Double.doubleToRawLongBits(value) < 0 ? sign : 0;
    return signBit | magnitude(type, f, Math.abs(value));
  }

  private static int magnitude(DType type, Format f, double value) {
    int largest = largestBits(type);
    double max = decode(type, largest);
    double overflow = max + (max - decode(type, largest - 1)) / 2;
    if (Double.isInfinite(value)) {
      return f.infinities() ? largest + 1 : largest;
    }
    if (value > overflow || (value == overflow && (largest & 1) != 0)) {
      return f.saturates() ? largest : largest + 1;
    }
    int low = 0;
    int high = largest;
    while (low < high) {
      int middle = (int) (((long) low + high + 1) / 2);
      if (decode(type, middle) <= value) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    if (low == largest) {
      return low;
    }
    double below = value - decode(type, low);
    double above = decode(type, low + 1) - value;
    return above < below || (above == below && (low & 1) != 0) ? low + 1 : low;
  }

  static void put(ByteBuffer buffer, int offset, DType type, int bits) {
    switch (type.bytes()) {
      case 1 -> buffer.put(offset, (byte) bits);
      case 2 -> buffer.putShort(offset, (short) bits);
      default -> buffer.putInt(offset, bits);
    }
  }

  static int get(ByteBuffer buffer, int offset, DType type) {
    return switch (type.bytes()) {
      case 1 -> buffer.get(offset) & 0xff;
      case 2 -> buffer.getShort(offset) & 0xffff;
      default -> buffer.getInt(offset);
    };
  }
}
