package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/**
 * GEMM then all-reduce: K is divided among the ranks, the partial products are summed, and every
 * rank gets the whole sum.
 *
 * <p>Rank r of R passes an input of [M, ⌈K/R⌉], a weight of [N, ⌈K/R⌉] and an output of [M, N]. The
 * bias and the output's previous content (beta, which must then be the same on all ranks) enter the
 * sum once.
 *
 * @param problem the whole problem: K counts the columns of all ranks
 * @param tuning what the caller forces
 * @param norm what is done with the rows of the result, or null to give them as they are; needs a
 *     beta of 0
 */
public record GemmAllReduceSpec(GemmProblem problem, Tuning tuning, @Nullable Norm norm)
    implements OperatorSpec {
  /** Checks that the norm goes with the problem. */
  public GemmAllReduceSpec {
    OperatorSpec.requireNormalizable(problem, norm);
  }

  /** Rows as they are. */
  public GemmAllReduceSpec(GemmProblem problem, Tuning tuning) {
    this(problem, tuning, null);
  }

  /** Starts with everything automatic, BF16 in and out, weight [N, K], no bias. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public GemmAllReduceSpec withTuning(Tuning newTuning) {
    return new GemmAllReduceSpec(problem, newTuning, norm);
  }

  @Override
  public String operator() {
    return "gemm-ar";
  }

  @Override
  public Shape inputShape(int rank, int ranks) {
    return new Shape(problem.m(), OperatorSpec.piece(problem.k(), rank, ranks));
  }

  @Override
  public Shape localWeight(int rank, int ranks) {
    return new Shape(problem.n(), OperatorSpec.piece(problem.k(), rank, ranks));
  }

  @Override
  public Shape outputShape(int rank, int ranks) {
    return new Shape(problem.m(), problem.n());
  }

  /** Collects the fields of a specification. */
  public static final class Builder extends OperatorSpecBuilder<GemmAllReduceSpec, Builder> {
    private @Nullable Norm norm;

    private Builder() {}

    /** Normalises the rows of the result; null for rows as they are. */
    public Builder norm(@Nullable Norm value) {
      norm = value;
      return this;
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public GemmAllReduceSpec build() {
      return new GemmAllReduceSpec(problem(), tuning(), norm);
    }
  }
}
