package dev.counterpoint.cli.bench;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Shape;
import dev.counterpoint.Splits;
import dev.counterpoint.Tuning;
import dev.counterpoint.spi.RowPartition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where each rank's operands lie in the whole matrices, and which part of which product each rank
 * must end up with. The whole matrices are named by an owner: the one problem (0) where ranks share
 * it, the rank where each has its own.
 *
 * @param operator what is computed
 * @param problem with which sizes
 * @param variant and what else
 * @param ranks by how many
 * @param seed of all random data
 */
record Geometry(Operator operator, GemmProblem problem, Variant variant, int ranks, long seed) {
  /**
   * A part of a rank's output: rows {@code localRow …} of the output are rows {@code row …} and
   * columns {@code col …} of the owner's product.
   */
  record Block(int localRow, int rows, int owner, int row, int col, int cols) {}

  /** Position of a piece in a whole matrix. */
  record Origin(int owner, int row, int col) {}

  /** Takes the M that the variant asks for. */
  Geometry {
    problem = variant.problem(problem, ranks);
  }

  /** Of nothing but the usual. */
  Geometry(Operator operator, GemmProblem problem, int ranks, long seed) {
    this(operator, problem, Variant.NONE, ranks, seed);
  }

  /** The specification without any forced choice. */
  OperatorSpec spec() {
    return spec(Tuning.AUTOMATIC);
  }

  /** The specification with some forced choices. */
  OperatorSpec spec(Tuning tuning) {
    return variant.spec(operator, problem, tuning, ranks);
  }

  /** Rows by source and target; null where M is divided evenly. */
  @Nullable Splits splits() {
    return variant.splits(problem, ranks);
  }

  /** Bytes that must cross one device's link in its busier direction. */
  double wireBytes() {
    Splits splits = splits();
    if (splits == null) {
      return operator.wireBytes(problem, ranks);
    }
    long most = 0;
    for (int rank = 0; rank < ranks; rank++) {
      long own = splits.count(rank, rank);
      most = Math.max(most, Math.max(splits.sent(rank), splits.received(rank)) - own);
    }
    return (double) most * problem.n() * problem.outputType().bytes();
  }

  /** How M is cut. */
  RowPartition rows() {
    return new RowPartition(problem.m(), ranks);
  }

  /** How K is cut: into one piece unless products of several ranks are summed. */
  RowPartition inner() {
    return new RowPartition(problem.k(), operator.reduces() ? ranks : 1);
  }

  /** How N is cut. */
  RowPartition columns() {
    return new RowPartition(problem.n(), operator == Operator.AG_GEMM ? ranks : 1);
  }

  /** Where a rank's input starts in A [M, K]. */
  Origin input(int rank) {
    return switch (operator) {
      case AG_GEMM -> new Origin(0, rows().start(rank), 0);
      case GEMM_RS, GEMM_AR -> new Origin(0, 0, inner().start(rank));
      case GEMM_A2A -> new Origin(rank, 0, 0);
    };
  }

  /** Where a rank's weight starts in B, seen as [N, K]. */
  Origin weight(int rank) {
    return switch (operator) {
      case AG_GEMM -> new Origin(0, columns().start(rank), 0);
      case GEMM_RS, GEMM_AR -> new Origin(0, 0, inner().start(rank));
      case GEMM_A2A -> new Origin(rank, 0, 0);
    };
  }

  /** What a rank's output consists of. */
  List<Block> output(int rank) {
    int m = problem.m();
    int n = problem.n();
    return switch (operator) {
      case AG_GEMM -> List.of(new Block(0, m, 0, 0, columns().start(rank), columns().rows(rank)));
      case GEMM_RS -> List.of(new Block(0, rows().rows(rank), 0, rows().start(rank), 0, n));
      case GEMM_AR -> List.of(new Block(0, m, 0, 0, 0, n));
      case GEMM_A2A -> {
        List<Block> blocks = new ArrayList<>();
        Splits splits = splits();
        for (int source = 0; splits != null && source < ranks; source++) {
          int first = (int) splits.receiveStart(source, rank);
          int count = (int) splits.count(source, rank);
          blocks.add(new Block(first, count, source, (int) splits.sendStart(source, rank), 0, n));
        }
        if (splits != null) {
          yield blocks;
        }
        int piece = rows().rows(rank);
        for (int source = 0; source < ranks; source++) {
          blocks.add(new Block(source * piece, piece, source, rows().start(rank), 0, n));
        }
        yield blocks;
      }
    };
  }

  /** Rows, columns and inner length of a rank's own unsplit GEMM. */
  Shape localProduct(int rank) {
    Splits splits = splits();
    int rows = splits == null ? problem.m() : Math.toIntExact(splits.sent(rank));
    return new Shape(rows, spec().localWeight(rank, ranks).rows());
  }

  /** Inner length of a rank's own unsplit GEMM. */
  int localInner(int rank) {
    return inner().rows(operator.reduces() ? rank : 0);
  }

  /**
   * How many times an element is rounded to the output type on its way: once, and once per rank and
   * sum where ranks are summed.
   */
  int roundings() {
    return (operator.reduces() ? ranks + 1 : 1)
        + (problem.bias() ? 1 : 0)
        + (variant.norm() == null ? 0 : 1);
  }

  SeededMatrix a(int owner) {
    return matrix(1, owner, problem.inputType());
  }

  SeededMatrix b(int owner) {
    return matrix(2, owner, problem.inputType());
  }

  /** One row of N elements. */
  SeededMatrix bias(int owner) {
    return matrix(3, owner, problem.outputType());
  }

  /** What is added to the rows of the result before they are normalised. */
  SeededMatrix residual() {
    return matrix(4, 0, problem.outputType());
  }

  /** One row of N elements: what normalised rows are multiplied by. */
  SeededMatrix normWeight() {
    return matrix(5, 0, problem.outputType());
  }

  private SeededMatrix matrix(int role, int owner, DType dtype) {
    return new SeededMatrix(
        seed * 0x632BE59BD9B4E019L + role * 1_000_003L + owner, dtype, problem.k());
  }
}
