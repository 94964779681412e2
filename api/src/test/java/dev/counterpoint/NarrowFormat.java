package dev.counterpoint;

import java.util.ArrayList;
import java.util.List;

/**
 * A second implementation of the narrow formats, by table and search, to check the first one
 * against: every value and every midpoint between neighbours is exact in binary64.
 */
final class NarrowFormat {
  static final NarrowFormat FP16 = new NarrowFormat(DType.FP16, 5, 10, true, false);
  static final NarrowFormat BF16 = new NarrowFormat(DType.BF16, 8, 7, true, false);
  static final NarrowFormat E4M3 = new NarrowFormat(DType.FP8_E4M3, 4, 3, false, true);
  static final NarrowFormat E5M2 = new NarrowFormat(DType.FP8_E5M2, 5, 2, true, true);
  static final List<NarrowFormat> ALL = List.of(FP16, BF16, E4M3, E5M2);

  final DType dtype;
  final int signBit;
  final int infinity;
  final int largest;
  private final boolean saturates;
  private final boolean hasInfinity;
  private final int exponentBits;
  private final int mantissaBits;

  /** By pattern: the finite values that are not negative, ascending, and one more past the last. */
  private final double[] values;

  private NarrowFormat(
      DType dtype, int exponentBits, int mantissaBits, boolean hasInfinity, boolean saturates) {
    this.dtype = dtype;
    this.exponentBits = exponentBits;
    this.mantissaBits = mantissaBits;
    this.hasInfinity = hasInfinity;
    this.saturates = saturates;
    signBit = 1 << (exponentBits + mantissaBits);
    infinity = hasInfinity ? signBit - (1 << mantissaBits) : -1;
    largest = hasInfinity ? infinity - 1 : signBit - 2;
    values = new double[largest + 2];
    for (int pattern = 0; pattern < values.length; pattern++) {
      values[pattern] = finite(pattern);
    }
  }

  int patterns() {
    return 2 * signBit;
  }

  /** The value of a pattern without sign, read as a finite number. */
  private double finite(int pattern) {
    int fraction = pattern % (1 << mantissaBits);
    int exponent = pattern >> mantissaBits;
    int bias = (1 << (exponentBits - 1)) - 1;
    double significand =
        exponent == 0
            ? fraction * Math.pow(2, -mantissaBits)
            : 1 + fraction * Math.pow(2, -mantissaBits);
    return significand * Math.pow(2, Math.max(1, exponent) - bias);
  }

  boolean isNan(int pattern) {
    int magnitude = pattern & (signBit - 1);
    return hasInfinity ? magnitude > infinity : magnitude > largest;
  }

  /** The value of any pattern. */
  double decode(int pattern) {
    int magnitude = pattern & (signBit - 1);
    double value;
    if (isNan(pattern)) {
      value = Double.NaN;
    } else {
      value = magnitude == infinity ? Double.POSITIVE_INFINITY : values[magnitude];
    }
    return (pattern & signBit) != 0 ? -value : value;
  }

  /** The pattern nearest to a value that is not NaN. */
  int encode(float x) {
    int sign = Float.floatToRawIntBits(x) < 0 ? signBit : 0;
    double magnitude = Math.abs((double) x);
    if (Double.isInfinite(magnitude)) {
      return sign | (hasInfinity ? infinity : largest);
    }
    int nearest = nearest(magnitude);
    if (nearest > largest) {
      return sign | (saturates ? largest : infinity);
    }
    return sign | nearest;
  }

  /** Searches the table; one past the largest stands for everything that is too large. */
  private int nearest(double magnitude) {
    int low = 0;
    int high = values.length - 1;
    if (magnitude >= values[high]) {
      return high;
    }
    while (high - low > 1) {
      int middle = (low + high) / 2;
      if (values[middle] <= magnitude) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double below = magnitude - values[low];
    double above = values[high] - magnitude;
    if (below == above) {
      return low % 2 == 0 ? low : high;
    }
    return below < above ? low : high;
  }

  /**
   * Every value, every midpoint between neighbours, the floats beside each of them, the first
   * midpoint that overflows included, and their negatives.
   */
  List<Float> interestingInputs() {
    List<Float> inputs = new ArrayList<>();
    for (int pattern = 0; pattern < values.length; pattern++) {
      around(inputs, values[pattern]);
      if (pattern + 1 < values.length) {
        around(inputs, (values[pattern] + values[pattern + 1]) / 2);
      }
    }
    around(inputs, Float.MAX_VALUE);
    return inputs;
  }

  private static void around(List<Float> inputs, double value) {
    float center = (float) value;
    for (float x : new float[] {Math.nextDown(center), center, Math.nextUp(center)}) {
      inputs.add(x);
      inputs.add(-x);
    }
  }

  @Override
  public String toString() {
    return dtype.name();
  }
}
