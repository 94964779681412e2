package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/**
 * GEMM then reduce-scatter, as in a row-parallel linear layer: K is divided among the ranks, the
 * partial products are summed over the ranks, and each rank keeps its rows of the sum.
 *
 * <p>Rank r of R passes an input of [M, ⌈K/R⌉], a weight of [N, ⌈K/R⌉] and an output of [⌈M/R⌉, N].
 * The bias and the output's previous content (beta) enter the sum once.
 *
 * @param problem the whole problem: K counts the columns of all ranks
 * @param tuning what the caller forces
 * @param norm what is done with the rows of the result, or null to give them as they are; needs a
 *     beta of 0
 */
public record GemmReduceScatterSpec(GemmProblem problem, Tuning tuning, @Nullable Norm norm)
    implements OperatorSpec {
  /** Checks that the norm goes with the problem. */
  public GemmReduceScatterSpec {
    OperatorSpec.requireNormalizable(problem, norm);
  }

  /** Rows as they are. */
  public GemmReduceScatterSpec(GemmProblem problem, Tuning tuning) {
    this(problem, tuning, null);
  }

  /** Starts with everything automatic, BF16 in and out, weight [N, K], no bias. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public GemmReduceScatterSpec withTuning(Tuning newTuning) {
    return new GemmReduceScatterSpec(problem, newTuning, norm);
  }

  @Override
  public String operator() {
    return "gemm-rs";
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
    return new Shape(OperatorSpec.piece(problem.m(), rank, ranks), problem.n());
  }

  /** Collects the fields of a specification. */
  public static final class Builder extends OperatorSpecBuilder<GemmReduceScatterSpec, Builder> {
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
    public GemmReduceScatterSpec build() {
      return new GemmReduceScatterSpec(problem(), tuning(), norm);
    }
  }
}
