package dev.counterpoint.core.tuner;

/**
 * What something takes of which several follow each other, from a lone one and from all of them.
 */
final class Repeats {
  /** However late or long the lone one was: the others cannot have taken next to nothing. */
  private static final double LEAST_SHARE = 0.25;

  private Repeats() {}

  /**
   * Microseconds of each. Where times scatter, the difference of two of them may be anything, and
   * what is made of it by logarithms more so; it is kept within what the whole allows.
   *
   * @param one of a lone one
   * @param all of so many that follow each other
   */
  static double each(double one, double all, int times) {
    double mean = all / times;
    return Math.max(LEAST_SHARE * mean, Math.min(mean, (all - one) / (times - 1)));
  }
}
