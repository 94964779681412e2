package dev.counterpoint;

/**
 * The multiplication inside an operator, as the whole problem over all ranks: {@code D[M, N] =
 * alpha · A[M, K] · B + beta · D + bias}. How M, N and K are divided among the ranks is the
 * operator's business (see {@link OperatorSpec}).
 *
 * @param m rows of A and D, ≥ 0
 * @param n columns of B and D, ≥ 1
 * @param k inner dimension, ≥ 1
 * @param inputType element type of A and B
 * @param outputType element type of D and of the bias
 * @param weightLayout how B lies in memory
 * @param alpha factor of the product
 * @param beta factor of the output's previous content; 0 means that it is not read
 * @param bias whether a bias of N elements is added to every row, exactly once over all ranks
 * @param scaling which factors A and B come with
 */
public record GemmProblem(
    int m,
    int n,
    int k,
    DType inputType,
    DType outputType,
    WeightLayout weightLayout,
    float alpha,
    float beta,
    boolean bias,
    Scaling scaling) {
  /** Checks the sizes and that the types go together. */
  public GemmProblem {
    if (m < 0) {
      throw new InvalidArgumentException("m", m, "not be negative");
    }
    if (n < 1) {
      throw new InvalidArgumentException("n", n, "be at least 1");
    }
    if (k < 1) {
      throw new InvalidArgumentException("k", k, "be at least 1");
    }
    if (!Float.isFinite(alpha)) {
      throw new InvalidArgumentException("alpha", alpha, "be finite");
    }
    if (!Float.isFinite(beta)) {
      throw new InvalidArgumentException("beta", beta, "be finite");
    }
    if (inputType == DType.INT32) {
      throw new InvalidArgumentException("inputType", inputType, "be a floating type or INT8");
    }
    if (inputType.isFloating() != outputType.isFloating()) {
      throw new InvalidArgumentException(
          "outputType",
          outputType,
          "be "
              + (inputType.isFloating() ? "a floating type" : "INT32")
              + " for "
              + inputType
              + " input");
    }
    if (outputType == DType.INT8) {
      throw new InvalidArgumentException("outputType", outputType, "be INT32 for INT8 input");
    }
    if (!inputType.isFloating() && (alpha != 1f || (beta != 0f && beta != 1f))) {
      throw new InvalidArgumentException(
          "alpha/beta",
          alpha + "/" + beta,
          "be 1 and 0 or 1 for integer types, whose sums are exact");
    }
    scaling.requireFor(inputType);
  }

  /** Without factors of A and B. */
  public GemmProblem(
      int m,
      int n,
      int k,
      DType inputType,
      DType outputType,
      WeightLayout weightLayout,
      float alpha,
      float beta,
      boolean bias) {
    this(m, n, k, inputType, outputType, weightLayout, alpha, beta, bias, Scaling.TENSOR);
  }

  /** Floating-point (or integer) operations of the whole problem: 2·M·N·K. */
  public double flops() {
    return 2.0 * m * n * k;
  }
}
