package dev.counterpoint;

/**
 * GEMM then all-to-all: every rank multiplies its own A by its own B and sends the r-th piece of
 * the rows of its product to rank r, as after the experts of a mixture-of-experts layer or between
 * the halves of a Ulysses attention layer.
 *
 * <p>Each rank passes an input of [M, K], a weight of [N, K] and an output of [R · p, N], where p
 * is the number of rows in its piece of M; rows s·p … s·p+p−1 of the output come from rank s.
 *
 * <p>A bias is added where the product is made: every rank's own bias to the rows that it sends.
 * {@code beta} must be 0: the previous content of the output lies at the receiver, the product is
 * made at the sender.
 *
 * @param problem the problem of one rank: M, N and K are not divided over the inputs
 * @param tuning what the caller forces
 */
public record GemmAllToAllSpec(GemmProblem problem, Tuning tuning) implements OperatorSpec {
  /** Checks that beta is 0. */
  public GemmAllToAllSpec {
    if (problem.beta() != 0f) {
      throw new InvalidArgumentException(
          "beta",
          problem.beta(),
          "be 0 for gemm-a2a, whose output is made by other ranks than the one that holds it");
    }
  }

  /** Starts with everything automatic, BF16 in and out, weight [N, K], no bias. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public GemmAllToAllSpec withTuning(Tuning newTuning) {
    return new GemmAllToAllSpec(problem, newTuning);
  }

  @Override
  public String operator() {
    return "gemm-a2a";
  }

  @Override
  public Shape inputShape(int rank, int ranks) {
    return new Shape(problem.m(), problem.k());
  }

  @Override
  public Shape localWeight(int rank, int ranks) {
    return new Shape(problem.n(), problem.k());
  }

  @Override
  public Shape outputShape(int rank, int ranks) {
    return new Shape(
        Math.multiplyExact(ranks, OperatorSpec.piece(problem.m(), rank, ranks)), problem.n());
  }

  /** Collects the fields of a specification. */
  public static final class Builder extends OperatorSpecBuilder<GemmAllToAllSpec, Builder> {
    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    @Override
    public GemmAllToAllSpec build() {
      return new GemmAllToAllSpec(problem(), tuning());
    }
  }
}
