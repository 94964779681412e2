package dev.counterpoint;

/**
 * Element type of a tensor.
 *
 * <p>The 8-bit floating types are the OCP formats: {@link #FP8_E4M3} has no infinity, one NaN
 * pattern per sign and a largest finite value of 448; {@link #FP8_E5M2} follows IEEE conventions
 * with a largest finite value of 57344. Conversions round to nearest, ties to even; the two 8-bit
 * types saturate finite values that are too large (infinity becomes 448 in E4M3 and stays infinity
 * in E5M2), the 16-bit types overflow to infinity, INT8 and INT32 saturate.
 */
public enum DType {
  /** IEEE binary32. */
  FP32(4, true, 0x1p-24),
  /** IEEE binary16. */
  FP16(2, true, 0x1p-11),
  /** The upper half of an IEEE binary32. */
  BF16(2, true, 0x1p-8),
  /** OCP 8-bit float, 4 exponent and 3 mantissa bits. */
  FP8_E4M3(1, true, 0x1p-4),
  /** OCP 8-bit float, 5 exponent and 2 mantissa bits. */
  FP8_E5M2(1, true, 0x1p-3),
  /** Signed 8-bit integer. */
  INT8(1, false, 0),
  /** Signed 32-bit integer; an output and accumulation type. */
  INT32(4, false, 0);

  private final int bytes;
  private final boolean floating;
  private final double unitRoundoff;

  DType(int bytes, boolean floating, double unitRoundoff) {
    this.bytes = bytes;
    this.floating = floating;
    this.unitRoundoff = unitRoundoff;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether this is a floating-point format. */
  public boolean isFloating() {
    return floating;
  }

  /** Largest relative error of rounding one normal value to this type; 0 for integers. */
  public double unitRoundoff() {
    return unitRoundoff;
  }

  /** The type in which products of this type are summed: FP32 for floats, INT32 for integers. */
  public DType accumulator() {
    return floating ? FP32 : INT32;
  }

  /**
   * The bit pattern of {@code value} in this type, in the low {@code 8 * bytes()} bits.
   *
   * @param value any float; NaN becomes 0 in the integer types
   */
  public int encode(float value) {
    return switch (this) {
      case FP32 -> Float.floatToRawIntBits(value);
      case FP16 -> FloatFormats.toHalf(value);
      case BF16 -> FloatFormats.toBfloat16(value);
      case FP8_E4M3 -> FloatFormats.toE4M3(value);
      case FP8_E5M2 -> FloatFormats.toE5M2(value);
      case INT8 -> (int) Math.max(-128, Math.min(127, Math.rint(value))) & 0xff;
      case INT32 -> (int) Math.rint(value);
    };
  }

  /**
   * The value whose bit pattern in this type is the low {@code 8 * bytes()} bits of {@code bits}.
   */
  public float decode(int bits) {
    return switch (this) {
      case FP32 -> Float.intBitsToFloat(bits);
      case FP16 -> FloatFormats.fromHalf(bits);
      case BF16 -> Float.intBitsToFloat(bits << 16);
      case FP8_E4M3 -> FloatFormats.fromE4M3(bits);
      case FP8_E5M2 -> FloatFormats.fromE5M2(bits);
      case INT8 -> (byte) bits;
      case INT32 -> bits;
    };
  }
}
