package dev.counterpoint;

/**
 * A normalisation of rows that an operator does with its result instead of storing it as it is:
 * usually the next operation after a row-parallel layer. With h = x + residual, where x is the row
 * that the operator alone would give, and the sum is rounded once to the output type:
 *
 * <ul>
 *   <li>{@link Kind#RMS}: {@code h / √(mean(h²) + eps) · weight} (Zhang and Sennrich, 2019)
 *   <li>{@link Kind#LAYER}: {@code (h − mean(h)) / √(mean((h − mean(h))²) + eps) · weight} (Ba,
 *       Kiros and Hinton, 2016)
 * </ul>
 *
 * plus the bias, if there is one. Means, squares and products are in FP32 at least; the result is
 * rounded once. All operands have the output's element type, which is FP32, FP16 or BF16.
 *
 * @param kind how a row is normalised
 * @param eps added to the mean of squares; a positive normal float
 * @param bias whether a vector is added to each row in the end
 * @param residual whether a matrix is added to the rows before they are normalised
 * @param sum whether h is stored too: the residual of the next layer
 */
public record Norm(Kind kind, float eps, boolean bias, boolean residual, boolean sum) {
  /** How a row is normalised. */
  public enum Kind {
    /** Divided by the root of its mean square. */
    RMS,
    /** Its mean subtracted, then divided by its standard deviation. */
    LAYER
  }

  /** Checks eps. */
  public Norm {
    if (!(eps >= Float.MIN_NORMAL) || !Float.isFinite(eps)) {
      throw new InvalidArgumentException("eps", eps, "be a positive normal float");
    }
  }

  /** By the root of the mean square, with a weight only. */
  public static Norm rms(float eps) {
    return new Norm(Kind.RMS, eps, false, false, false);
  }

  /** By mean and standard deviation, with a weight only. */
  public static Norm layer(float eps) {
    return new Norm(Kind.LAYER, eps, false, false, false);
  }

  /** The same with a bias. */
  public Norm withBias() {
    return new Norm(kind, eps, true, residual, sum);
  }

  /** The same with a residual. */
  public Norm withResidual() {
    return new Norm(kind, eps, bias, true, sum);
  }

  /** The same with h stored. */
  public Norm withSum() {
    return new Norm(kind, eps, bias, residual, true);
  }

  /** Throws unless rows of this type can be normalised. */
  public static void requireType(String argument, DType dtype) {
    switch (dtype) {
      case FP32, FP16, BF16 -> {}
      case FP8_E4M3, FP8_E5M2, INT8, INT32 ->
          throw new InvalidArgumentException(
              argument, dtype, "be FP32, FP16 or BF16 for rows that are normalised");
    }
  }
}
