package dev.counterpoint.cli.bench;

/**
 * The figures that every time is set against, all in microseconds.
 *
 * @param gemm the best unsplit local GEMM of the same shape on the same device
 * @param comm the library collective alone
 * @param wire the bytes that must cross one link, divided by its bandwidth
 * @param sequential library GEMM and library collective one after the other
 */
public record Metrics(double gemm, double comm, double wire, double sequential) {
  /** Speed of light: nothing can be faster than the GEMM, nor than its bytes on the wire. */
  public double sol() {
    return Math.max(gemm, wire);
  }

  /** Exposed communication: what a run takes beyond the GEMM (Flux, arXiv 2406.06858, eq. 1). */
  public double exposed(double time) {
    return time - gemm;
  }

  /**
   * Overlap efficiency: the part of the exposed communication of {@code sequential} that is gone
   * (Flux, eq. 2). NaN when sequential execution exposes none, for then there is nothing to hide.
   */
  public double efficiency(double time) {
    double baseline = exposed(sequential);
    return baseline > 0 ? 1 - exposed(time) / baseline : Double.NaN;
  }

  /** How many times longer than the speed of light. */
  public double toSol(double time) {
    return time / sol();
  }

  /** How many times faster than sequential execution. */
  public double speedUp(double time) {
    return sequential / time;
  }
}
