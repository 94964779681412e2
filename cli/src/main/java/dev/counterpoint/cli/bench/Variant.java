package dev.counterpoint.cli.bench;

import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.Failure;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmAllToAllSpec;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.Norm;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Splits;
import dev.counterpoint.Tuning;
import dev.counterpoint.cli.CommandException;
import org.jspecify.annotations.Nullable;

/**
 * What an operator does besides the usual.
 *
 * @param norm how rows of the result are normalised; null if they are not
 * @param division how rows are divided; null for evenly
 */
public record Variant(@Nullable Norm norm, @Nullable Division division) {
  /** Nothing. */
  public static final Variant NONE = new Variant(null, null);

  /**
   * Throws unless an operator can do it.
   *
   * @throws CommandException if it cannot
   */
  public void requireFor(Operator operator) {
    if (norm != null && !operator.reduces()) {
      throw new CommandException(
          Failure.Category.USAGE, "--norm is for gemm-rs and gemm-ar, not for " + operator);
    }
    if (division != null && operator != Operator.GEMM_A2A) {
      throw new CommandException(
          Failure.Category.USAGE, "--splits is for gemm-a2a, not for " + operator);
    }
  }

  /** What of it an operator can do: for commands that take several. */
  public Variant of(Operator operator) {
    return new Variant(
        operator.reduces() ? norm : null, operator == Operator.GEMM_A2A ? division : null);
  }

  /** Rows by source and target; null where they are divided evenly. */
  @Nullable Splits splits(GemmProblem problem, int ranks) {
    return division == null ? null : division.of(problem.m(), ranks);
  }

  /** The problem with the M that the splits ask for. */
  public GemmProblem problem(GemmProblem p, int ranks) {
    Splits splits = splits(p, ranks);
    return splits == null
        ? p
        : new GemmProblem(
            Math.toIntExact(splits.mostSent()),
            p.n(),
            p.k(),
            p.inputType(),
            p.outputType(),
            p.weightLayout(),
            p.alpha(),
            p.beta(),
            p.bias());
  }

  /** The specification of an operator that does this. */
  public OperatorSpec spec(Operator operator, GemmProblem given, Tuning tuning, int ranks) {
    GemmProblem problem = problem(given, ranks);
    return switch (operator) {
      case AG_GEMM -> new AllGatherGemmSpec(problem, tuning);
      case GEMM_RS -> new GemmReduceScatterSpec(problem, tuning, norm);
      case GEMM_AR -> new GemmAllReduceSpec(problem, tuning, norm);
      case GEMM_A2A -> new GemmAllToAllSpec(problem, tuning, splits(given, ranks));
    };
  }
}
