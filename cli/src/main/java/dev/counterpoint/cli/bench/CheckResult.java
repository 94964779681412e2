package dev.counterpoint.cli.bench;

/**
 * What a comparison with the reference found.
 *
 * @param passed whether everything is within tolerance
 * @param maxError largest error of an element, relative to the larger of its own and its
 *     neighbours' usual size
 * @param elements how many elements were compared with their exact values
 * @param rows how many rows were checked as a whole
 * @param problem the first thing that is wrong; empty if nothing is
 */
public record CheckResult(
    boolean passed, double maxError, long elements, long rows, String problem) {
  /** A check that could not take place because nothing was computed. */
  static CheckResult failed(String problem) {
    return new CheckResult(false, Double.NaN, 0, 0, problem);
  }

  /** Both together. */
  CheckResult and(CheckResult other) {
    double worst =
        Double.isNaN(maxError) || Double.isNaN(other.maxError)
            ? Double.NaN
            : Math.max(maxError, other.maxError);
    return new CheckResult(
        passed && other.passed,
        worst,
        elements + other.elements,
        rows + other.rows,
        problem.isEmpty() ? other.problem : problem);
  }

  /** Nothing compared, nothing wrong. */
  static CheckResult none() {
    return new CheckResult(true, 0, 0, 0, "");
  }
}
