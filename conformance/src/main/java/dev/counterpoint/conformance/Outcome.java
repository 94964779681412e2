package dev.counterpoint.conformance;

import java.util.Locale;

/** How a test ended. */
enum Outcome {
  PASSED,
  FAILED,
  SKIPPED;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
