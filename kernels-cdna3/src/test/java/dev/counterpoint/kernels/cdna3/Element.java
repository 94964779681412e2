package dev.counterpoint.kernels.cdna3;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * Element types as parameter blocks number them, and their values, computed without the kernels.
 */
enum Element {
  FP32("fp32", 4, 23, 127, Math.scalb(1.0, -24)),
  FP16("fp16", 2, 10, 15, Math.scalb(1.0, -11)),
  BF16("bf16", 2, 7, 127, Math.scalb(1.0, -8)),
  FP8_E4M3("fp8_e4m3", 1, 3, 7, 0),
  FP8_E5M2("fp8_e5m2", 1, 2, 15, 0),
  INT8("int8", 1, 0, 0, 0),
  INT32("int32", 4, 0, 0, 0);

  final String label;
  final int bytes;

  /** Of rounding to this type, relative. */
  final double unitRoundoff;

  private final int mantissa;
  private final int bias;

  Element(String label, int bytes, int mantissa, int bias, double unitRoundoff) {
    this.label = label;
    this.bytes = bytes;
    this.mantissa = mantissa;
    this.bias = bias;
    this.unitRoundoff = unitRoundoff;
  }

  boolean isInteger() {
    return mantissa == 0;
  }

  /** The K of a stage: 64 bytes of it. */
  int panel() {
    return 64 / bytes;
  }

  /** The value of a code; what OCP and IEEE say of it. */
  double decode(int code) {
    if (this == INT8) {
      return (byte) code;
    }
    if (this == INT32) {
      return code;
    }
    int sign = code >>> 8 * bytes - 1 & 1;
    int exponentBits = 8 * bytes - 1 - mantissa;
    int exponent = code >>> mantissa & (1 << exponentBits) - 1;
    int fraction = code & (1 << mantissa) - 1;
    boolean top = exponent == (1 << exponentBits) - 1;
    double size;
    if (this == FP8_E4M3 ? top && fraction == 7 : top && fraction != 0) {
      return Double.NaN;
    } else if (top && this != FP8_E4M3) {
      size = Double.POSITIVE_INFINITY;
    } else if (exponent == 0) {
      size = Math.scalb((double) fraction, 1 - bias - mantissa);
    } else {
      size = Math.scalb((double) (fraction + (1 << mantissa)), exponent - bias - mantissa);
    }
    return sign == 1 ? -size : size;
  }

  double read(byte[] from, int at) {
    int code = 0;
    for (int k = bytes - 1; k >= 0; k--) {
      code = code << 8 | from[at + k] & 0xff;
    }
    return decode(code);
  }

  /** The nearest value, ties to even, for what is in range. */
  int encode(double value) {
    return switch (this) {
      case INT8, INT32 -> (int) value;
      case FP32 -> Float.floatToRawIntBits((float) value);
      default -> encodeSmall(value);
    };
  }

  private int encodeSmall(double value) {
    int sign = (Double.doubleToRawLongBits(value) < 0 ? 1 : 0) << 8 * bytes - 1;
    double size = Math.abs(value);
    int exponent = Math.max(size == 0 ? -2000 : Math.getExponent(size), 1 - bias);
    double units = Math.rint(Math.scalb(size, mantissa - exponent));
    // A mantissa without its hidden bit carries into the exponent by itself.
    return sign | (int) (units + Math.scalb((double) (exponent + bias - 1), mantissa));
  }

  void write(byte[] to, int at, double value) {
    ByteBuffer four = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(encode(value));
    System.arraycopy(four.array(), 0, to, at, bytes);
  }

  /** Rows of a width, a stride apart; what lies between them is all ones: NaN, or −1. */
  byte[] randomMatrix(Random random, int rows, int width, int stride) {
    byte[] bytesOfAll = new byte[rows * stride * bytes];
    java.util.Arrays.fill(bytesOfAll, (byte) 0xff);
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < width; col++) {
        double value = isInteger() ? random.nextInt(256) - 128 : random.nextDouble() * 2 - 1;
        write(bytesOfAll, (row * stride + col) * bytes, value);
      }
    }
    return bytesOfAll;
  }
}
