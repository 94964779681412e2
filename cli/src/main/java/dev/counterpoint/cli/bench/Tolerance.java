package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;

/**
 * How far a result may be from the exact one. Integers are exact. For floats an element {@code d =
 * a · b} of inner length K, with independent random inputs of mean zero, may be off by
 *
 * <pre>
 *   16 · max(1, √(K/4096)) · u_acc · ‖a‖ · ‖b‖      summing: a random walk of rounding errors, with room for
 *                                                    matrix units that cut off instead of rounding
 * + 8 · 2⁻¹⁰ · ‖a‖ · ‖b‖ / √K                         if FP32 inputs are rounded to TF32 first
 * + u_out · roundings · Σ|partial|                  storing: every rank's partial product, and every sum of them
 * + half of the output type's smallest step
 * </pre>
 *
 * where u is a unit roundoff and ‖·‖ the Euclidean norm. The sum of a row's elements times random
 * signs, by the same reasoning, may be off by eight standard deviations of what the elements'
 * errors add up to.
 *
 * @param input type of the inputs
 * @param output type of the output
 * @param inner K
 * @param roundings how often a value is rounded to the output type
 * @param shortInputs whether FP32 inputs may be rounded to TF32
 */
record Tolerance(DType input, DType output, int inner, int roundings, boolean shortInputs) {
  /**
   * FP8 products are summed with about 14 bits by the matrix units of the first parts that have
   * them.
   */
  private static final double FP8_ACCUMULATOR = 0x1p-13;

  private static final double TF32_PRODUCT = 0x1p-10;
  private static final double DEVIATIONS = 8;

  /**
   * For one element with its row's and column's norms and the sum of its partial products'
   * magnitudes.
   */
  double element(double normA, double normB, double partials) {
    if (!output.isFloating()) {
      return 0;
    }
    return (summing() + DEVIATIONS * inputs()) * normA * normB
        + output.unitRoundoff() * roundings * partials
        + smallestStep();
  }

  /**
   * For the signed sum over a row of {@code cols} elements, of which each may have a bias of up to
   * 1.
   */
  double row(double normA, double frobeniusB, int cols, boolean bias) {
    if (!output.isFloating()) {
      return 0;
    }
    double storing = output.unitRoundoff() * Math.sqrt(roundings) / Math.sqrt(inner);
    double perElement = summing() + inputs() + storing;
    double small = (smallestStep() + (bias ? output.unitRoundoff() : 0)) * Math.sqrt(cols);
    return DEVIATIONS * (perElement * normA * frobeniusB + small);
  }

  /** The usual size of an element, which errors are related to: √K times the typical product. */
  double scale(double normA, double normB) {
    return normA * normB / Math.sqrt(inner);
  }

  private double summing() {
    boolean eightBit = input == DType.FP8_E4M3 || input == DType.FP8_E5M2;
    double unit = eightBit ? FP8_ACCUMULATOR : input.accumulator().unitRoundoff();
    return 16 * Math.max(1, Math.sqrt(inner / 4096.0)) * unit;
  }

  private double inputs() {
    return shortInputs && input == DType.FP32 ? TF32_PRODUCT / Math.sqrt(inner) : 0;
  }

  private double smallestStep() {
    return switch (output) {
      case FP16 -> 0x1p-25;
      case FP8_E4M3 -> 0x1p-10;
      case FP8_E5M2 -> 0x1p-17;
      case FP32, BF16, INT8, INT32 -> 0;
    };
  }
}
