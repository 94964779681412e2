package dev.counterpoint;

import dev.counterpoint.spi.RowPartition;
import org.jspecify.annotations.Nullable;

/**
 * What is to be computed, for the whole world. A specification is a value: it holds no memory and
 * can be planned any number of times.
 *
 * <p>Dimensions that are divided among R ranks are cut into pieces of ⌈size / R⌉; trailing ranks
 * may get a shorter piece or none. Nothing needs to divide anything.
 */
public sealed interface OperatorSpec
    permits AllGatherGemmSpec, GemmReduceScatterSpec, GemmAllReduceSpec, GemmAllToAllSpec {
  /** The multiplication, over all ranks. */
  GemmProblem problem();

  /** What the caller forces. */
  Tuning tuning();

  /** How the rows of the result are normalised; null for results as they are. */
  default @Nullable Norm norm() {
    return null;
  }

  /** The same specification with other choices. */
  OperatorSpec withTuning(Tuning tuning);

  /** Short name as used on the command line, such as {@code ag-gemm}. */
  String operator();

  /** Shape of the input that {@code rank} of {@code ranks} passes. */
  Shape inputShape(int rank, int ranks);

  /**
   * Rows (N) and columns (K) of the weight that {@code rank} passes, whatever its layout: see
   * {@link #weightShape}.
   */
  Shape localWeight(int rank, int ranks);

  /** Shape of the output that {@code rank} of {@code ranks} passes. */
  Shape outputShape(int rank, int ranks);

  /**
   * Shape in memory of the weight that {@code rank} of {@code ranks} passes, after the weight
   * layout.
   */
  default Shape weightShape(int rank, int ranks) {
    Shape nk = localWeight(rank, ranks);
    return problem().weightLayout() == WeightLayout.NK ? nk : nk.transposed();
  }

  /** Shape of the scales of the input that a rank passes, with {@link Scaling#BLOCKS}. */
  default Shape inputScalesShape(int rank, int ranks) {
    Shape input = inputShape(rank, ranks);
    return new Shape(input.rows(), Scaling.blocks(input.cols()));
  }

  /**
   * Shape of the scales of the weight that a rank passes, with {@link Scaling#BLOCKS}: a row for
   * each {@value Scaling#BLOCK} of N, whatever the weight layout.
   */
  default Shape weightScalesShape(int rank, int ranks) {
    Shape nk = localWeight(rank, ranks);
    return new Shape(Scaling.blocks(nk.rows()), Scaling.blocks(nk.cols()));
  }

  /** Length of the bias vector that {@code rank} passes when the problem has a bias. */
  default int biasLength(int rank, int ranks) {
    return localWeight(rank, ranks).rows();
  }

  /** Throws unless a norm, if there is one, can be done with the result of a problem. */
  static void requireNormalizable(GemmProblem problem, @Nullable Norm norm) {
    if (norm == null) {
      return;
    }
    Norm.requireType("outputType", problem.outputType());
    if (problem.beta() != 0f) {
      throw new InvalidArgumentException(
          "beta",
          problem.beta(),
          "be 0 where rows are normalised: what is added to them before is the norm's residual");
    }
  }

  /** How many elements of a dimension of {@code size} the given rank holds. */
  static int piece(int size, int rank, int ranks) {
    return new RowPartition(size, ranks).rows(rank);
  }
}
