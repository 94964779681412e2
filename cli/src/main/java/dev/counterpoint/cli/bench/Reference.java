package dev.counterpoint.cli.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What every rank's output must be, computed once in FP64 from the bit patterns that were uploaded,
 * by code that shares nothing with the library under test. Two checks: exact elements ({@link
 * ElementReference}), all of them where that takes no longer than a second or so, and every row as
 * a whole ({@link Freivalds}).
 */
final class Reference {
  /** Up to this many operations every element is compared. */
  static final double EXHAUSTIVE_OPERATIONS = 5e9;

  private static final long EXHAUSTIVE_ELEMENTS = 1L << 24;

  private final Geometry geometry;
  private final Map<Geometry.Block, Expected> expected = new HashMap<>();

  private record Expected(ElementReference elements, Freivalds rows) {}

  /** The rows of one rank's output, read some at a time. */
  interface Rows {
    /** How many of the next rows are at hand; at least one while there are any. */
    int available();

    /** Fills in one of those at hand, counted from the next; called by several threads. */
    void row(int ahead, double[] line);

    /** Goes on behind so many of them. */
    void skip(int rows);
  }

  /** What was found in one row: the largest error, and what is wrong, or nothing. */
  private record RowResult(double worst, String problem) {}

  /** How much of a problem is compared element by element. */
  record Scope(Geometry geometry) {
    /** Whether every element is compared with its exact value. */
    boolean isExhaustive() {
      int products = geometry.operator() == Operator.GEMM_A2A ? geometry.ranks() : 1;
      return products * geometry.problem().flops() <= EXHAUSTIVE_OPERATIONS
          && (long) products * geometry.problem().m() * geometry.problem().n()
              <= EXHAUSTIVE_ELEMENTS;
    }
  }

  private Reference(Geometry geometry) {
    this.geometry = geometry;
  }

  /** Computes the reference of all ranks' outputs. */
  static Reference of(Geometry geometry, boolean shortInputs) {
    Reference reference = new Reference(geometry);
    Tolerance tolerance =
        new Tolerance(
            geometry.problem().inputType(),
            geometry.problem().outputType(),
            geometry.problem().k(),
            geometry.roundings(),
            shortInputs);
    boolean all = new Scope(geometry).isExhaustive();
    for (int rank = 0; rank < geometry.ranks(); rank++) {
      for (Geometry.Block block : geometry.output(rank)) {
        reference.expected.computeIfAbsent(
            key(block),
            key ->
                new Expected(
                    all
                        ? ElementReference.all(geometry, key, tolerance)
                        : ElementReference.sample(geometry, key, tolerance),
                    Freivalds.of(geometry, key, tolerance)));
      }
    }
    return reference;
  }

  /** Compares one rank's whole output. */
  CheckResult check(int rank, Rows rows) {
    CheckResult result = CheckResult.none();
    List<Geometry.Block> blocks = geometry.output(rank);
    for (Geometry.Block block : blocks) {
      Expected wanted = expected.get(key(block));
      if (wanted == null) {
        throw new IllegalStateException("no reference for " + block);
      }
      result = result.and(check(rank, block, wanted, rows));
    }
    return result;
  }

  private static CheckResult check(int rank, Geometry.Block block, Expected wanted, Rows rows) {
    double worst = 0;
    String problem = "";
    for (int first = 0; first < block.rows(); ) {
      int begin = first;
      int count = Math.min(rows.available(), block.rows() - first);
      RowResult[] results =
          IntStream.range(0, count)
              .parallel()
              .mapToObj(
                  ahead -> {
                    double[] line = new double[block.cols()];
                    rows.row(ahead, line);
                    return check(rank, block, wanted, begin + ahead, line);
                  })
              .toArray(RowResult[]::new);
      for (RowResult result : results) {
        worst = Math.max(worst, result.worst());
        problem = problem.isEmpty() ? result.problem() : problem;
      }
      rows.skip(count);
      first += count;
    }
    return new CheckResult(
        problem.isEmpty(), worst, wanted.elements().size(), block.rows(), problem);
  }

  private static RowResult check(
      int rank, Geometry.Block block, Expected wanted, int row, double[] line) {
    ElementReference elements = wanted.elements();
    double worst = 0;
    String problem = "";
    for (int i = elements.firstOf(row); i < elements.size() && elements.row(i) == row; i++) {
      double value = line[elements.col(i)];
      double error = Math.abs(value - elements.value(i));
      worst =
          Double.isNaN(error)
              ? Double.NaN
              : Math.max(worst, error == 0 ? 0 : error / elements.scale(i));
      if (!(error <= elements.tolerance(i)) && problem.isEmpty()) {
        problem = describe(rank, block.localRow() + row, elements.col(i), value, elements, i);
      }
    }
    double excess = wanted.rows().excess(row, line);
    if (!(excess <= 1) && problem.isEmpty()) {
      problem =
          "rank "
              + rank
              + ", row "
              + (block.localRow() + row)
              + ": its product with a random vector is "
              + (Double.isNaN(excess)
                  ? "NaN"
                  : String.format(Locale.ROOT, "%.3g times as far off as rounding allows", excess))
              + ", so some element of the row is wrong";
    }
    return new RowResult(worst, problem);
  }

  private static String describe(
      int rank, int row, int col, double value, ElementReference elements, int index) {
    return String.format(
        Locale.ROOT,
        "rank %d, row %d, column %d is %.8g; it must be %.8g ± %.2g",
        rank,
        row,
        col,
        value,
        elements.value(index),
        elements.tolerance(index));
  }

  /** Where a block lies in its output does not change what it must contain. */
  private static Geometry.Block key(Geometry.Block block) {
    return new Geometry.Block(
        0, block.rows(), block.owner(), block.row(), block.col(), block.cols());
  }
}
