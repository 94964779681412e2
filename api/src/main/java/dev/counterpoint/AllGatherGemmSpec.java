package dev.counterpoint;

/**
 * All-gather then GEMM, as in a column-parallel linear layer: the rows of A are divided among the
 * ranks and gathered; each rank multiplies all of A by its own columns.
 *
 * <p>Rank r of R passes an input of [⌈M/R⌉, K] (its rows of A), a weight of ⌈N/R⌉ columns of B and
 * an output of [M, ⌈N/R⌉].
 *
 * @param problem the whole problem: N counts the columns of all ranks
 * @param tuning what the caller forces
 */
public record AllGatherGemmSpec(GemmProblem problem, Tuning tuning) implements OperatorSpec {
  /** Starts with everything automatic, BF16 in and out, weight [N, K], no bias. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public AllGatherGemmSpec withTuning(Tuning newTuning) {
    return new AllGatherGemmSpec(problem, newTuning);
  }

  @Override
  public String operator() {
    return "ag-gemm";
  }

  @Override
  public Shape inputShape(int rank, int ranks) {
    return new Shape(OperatorSpec.piece(problem.m(), rank, ranks), problem.k());
  }

  @Override
  public Shape localWeight(int rank, int ranks) {
    return new Shape(OperatorSpec.piece(problem.n(), rank, ranks), problem.k());
  }

  @Override
  public Shape outputShape(int rank, int ranks) {
    return new Shape(problem.m(), OperatorSpec.piece(problem.n(), rank, ranks));
  }

  /** Collects the fields of a specification. */
  public static final class Builder extends OperatorSpecBuilder<AllGatherGemmSpec, Builder> {
    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    @Override
    public AllGatherGemmSpec build() {
      return new AllGatherGemmSpec(problem(), tuning());
    }
  }
}
