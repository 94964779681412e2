package dev.counterpoint;

/**
 * The fields that all operator specifications share. {@link #build()} checks them.
 *
 * @param <S> the specification
 * @param <B> the builder's own type
 */
public abstract class OperatorSpecBuilder<
    S extends OperatorSpec, B extends OperatorSpecBuilder<S, B>> {
  private long m = -1;
  private long n = -1;
  private long k = -1;
  private DType inputType = DType.BF16;
  private DType outputType = DType.BF16;
  private boolean outputTypeSet;
  private WeightLayout weightLayout = WeightLayout.NK;
  private float alpha = 1f;
  private float beta;
  private boolean bias;
  private Scaling scaling = Scaling.TENSOR;
  private Tuning tuning = Tuning.AUTOMATIC;

  OperatorSpecBuilder() {}

  abstract B self();

  /**
   * Makes the specification; throws {@link InvalidArgumentException} naming the first field that is
   * wrong.
   */
  public abstract S build();

  /** Rows of A. */
  public B m(long value) {
    m = value;
    return self();
  }

  /** Columns of B. */
  public B n(long value) {
    n = value;
    return self();
  }

  /** Inner dimension. */
  public B k(long value) {
    k = value;
    return self();
  }

  /** Element type of A and B, and, unless {@link #outputType} is called, the matching one of D. */
  public B dtype(DType value) {
    inputType = value;
    if (!outputTypeSet) {
      outputType = defaultOutput(value);
    }
    return self();
  }

  /** Element type of D and of the bias. */
  public B outputType(DType value) {
    outputType = value;
    outputTypeSet = true;
    return self();
  }

  /** How the weight lies in memory; {@link WeightLayout#NK} unless set. */
  public B weightLayout(WeightLayout value) {
    weightLayout = value;
    return self();
  }

  /**
   * Factor of the product; 1 unless set. For FP8 input it carries the product of the two tensor
   * scales.
   */
  public B alpha(float value) {
    alpha = value;
    return self();
  }

  /** Factor of the output's previous content; 0 unless set, and then the output is not read. */
  public B beta(float value) {
    beta = value;
    return self();
  }

  /** Whether a bias is added. */
  public B bias(boolean value) {
    bias = value;
    return self();
  }

  /** Which factors A and B come with; {@link Scaling#TENSOR} unless set. */
  public B scaling(Scaling value) {
    scaling = value;
    return self();
  }

  /** Forces one strategy. */
  public B strategy(Strategy value) {
    tuning = tuning.withStrategy(value);
    return self();
  }

  /** Forces any of the choices that are otherwise automatic. */
  public B tuning(Tuning value) {
    tuning = value;
    return self();
  }

  final Tuning tuning() {
    return tuning;
  }

  final GemmProblem problem() {
    return new GemmProblem(
        dimension("m", m, 0),
        dimension("n", n, 1),
        dimension("k", k, 1),
        inputType,
        outputType,
        weightLayout,
        alpha,
        beta,
        bias,
        scaling);
  }

  private static int dimension(String name, long value, int least) {
    if (value < least || value > Integer.MAX_VALUE - 1024) {
      throw new InvalidArgumentException(
          name,
          value,
          "be between "
              + least
              + " and "
              + (Integer.MAX_VALUE - 1024)
              + (value == -1 ? " (was it set?)" : ""));
    }
    return (int) value;
  }

  private static DType defaultOutput(DType input) {
    return switch (input) {
      case FP32, FP16, BF16 -> input;
      case FP8_E4M3, FP8_E5M2 -> DType.BF16;
      case INT8, INT32 -> DType.INT32;
    };
  }
}
