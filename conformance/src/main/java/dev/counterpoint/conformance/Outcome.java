package dev.counterpoint.conformance;

import java.util.Locale;

/** How a test ended. */
public enum Outcome {
  /** The rules hold as far as the test sees. */
  PASSED,
  /** A rule is broken. */
  FAILED,
  /** It could not be run, for a reason that is given. */
  SKIPPED;

  /** In small letters. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
