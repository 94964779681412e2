package dev.counterpoint;

/**
 * GEMM then reduce-scatter, as in a row-parallel linear layer: K is divided among the ranks, the
 * partial products are summed over the ranks, and each rank keeps its rows of the sum.
 *
 * <p>Rank r of R passes an input of [M, ⌈K/R⌉], a weight of [N, ⌈K/R⌉] and an output of [⌈M/R⌉, N].
 * The bias and the output's previous content (beta) enter the sum once.
 *
 * @param problem the whole problem: K counts the columns of all ranks
 * @param tuning what the caller forces
 */
public record GemmReduceScatterSpec(GemmProblem problem, Tuning tuning) implements OperatorSpec {
  /** Starts with everything automatic, BF16 in and out, weight [N, K], no bias. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public GemmReduceScatterSpec withTuning(Tuning newTuning) {
    return new GemmReduceScatterSpec(problem, newTuning);
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
    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    @Override
    public GemmReduceScatterSpec build() {
      return new GemmReduceScatterSpec(problem(), tuning());
    }
  }
}
