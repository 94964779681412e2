package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/**
 * GEMM then all-to-all: every rank multiplies its own A by its own B and sends the r-th piece of
 * the rows of its product to rank r, as after the experts of a mixture-of-experts layer or between
 * the halves of a Ulysses attention layer.
 *
 * <p>Each rank passes an input of [M, K], a weight of [N, K] and an output of [R · p, N], where p
 * is the number of rows in its piece of M; rows s·p … s·p+p−1 of the output come from rank s.
 *
 * <p>With {@link Splits}, how many rows each rank has for each other is free: rank r then passes an
 * input of [{@code splits.sent(r)}, K], its rows in the order of the ranks that they are for, and
 * an output of [{@code splits.received(r)}, N], in the order of the ranks that they come from. As
 * in a mixture-of-experts layer, where the counts are known when it is planned.
 *
 * <p>A bias is added where the product is made: every rank's own bias to the rows that it sends.
 * {@code beta} must be 0: the previous content of the output lies at the receiver, the product is
 * made at the sender.
 *
 * @param problem the problem of one rank: M, N and K are not divided over the inputs; with splits,
 *     M is the most that any rank sends
 * @param tuning what the caller forces
 * @param splits rows by source and target, or null where M is divided evenly
 */
public record GemmAllToAllSpec(GemmProblem problem, Tuning tuning, @Nullable Splits splits)
    implements OperatorSpec {
  /** Checks that beta is 0 and that M is what the splits say. */
  public GemmAllToAllSpec {
    if (splits != null && splits.mostSent() != problem.m()) {
      throw new InvalidArgumentException(
          "m",
          problem.m(),
          "be " + splits.mostSent() + ", the most that a rank sends by its splits");
    }
    if (problem.beta() != 0f) {
      throw new InvalidArgumentException(
          "beta",
          problem.beta(),
          "be 0 for gemm-a2a, whose output is made by other ranks than the one that holds it");
    }
  }

  /** An even all-to-all. */
  public GemmAllToAllSpec(GemmProblem problem, Tuning tuning) {
    this(problem, tuning, null);
  }

  /** Starts with everything automatic, BF16 in and out, weight [N, K], no bias. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public GemmAllToAllSpec withTuning(Tuning newTuning) {
    return new GemmAllToAllSpec(problem, newTuning, splits);
  }

  @Override
  public String operator() {
    return "gemm-a2a";
  }

  @Override
  public Shape inputShape(int rank, int ranks) {
    return new Shape(
        splits == null ? problem.m() : Math.toIntExact(of(ranks, splits).sent(rank)), problem.k());
  }

  @Override
  public Shape localWeight(int rank, int ranks) {
    return new Shape(problem.n(), problem.k());
  }

  @Override
  public Shape outputShape(int rank, int ranks) {
    if (splits != null) {
      return new Shape(Math.toIntExact(of(ranks, splits).received(rank)), problem.n());
    }
    return new Shape(
        Math.multiplyExact(ranks, OperatorSpec.piece(problem.m(), rank, ranks)), problem.n());
  }

  private static Splits of(int ranks, Splits splits) {
    if (splits.ranks() != ranks) {
      throw new InvalidArgumentException(
          "splits", "those of " + splits.ranks() + " ranks", "be those of " + ranks + " ranks");
    }
    return splits;
  }

  /** Collects the fields of a specification. */
  public static final class Builder extends OperatorSpecBuilder<GemmAllToAllSpec, Builder> {
    private @Nullable Splits splits;

    private Builder() {}

    /** Rows by source and target, in place of M. */
    public Builder splits(Splits value) {
      splits = value;
      return m(value.mostSent());
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public GemmAllToAllSpec build() {
      return new GemmAllToAllSpec(problem(), tuning(), splits);
    }
  }
}
