package dev.counterpoint.conformance;

import java.util.List;

/**
 * How one run of one test ended.
 *
 * @param variant size of the world, and whether chaos was on
 * @param detail why it failed or was skipped, or which refusals were the test; else empty
 */
record TestResult(
    String backend,
    String chapter,
    String name,
    String variant,
    List<String> rules,
    Outcome outcome,
    String detail,
    long millis) {
  /** Chapter, sentence and variant. */
  String title() {
    return chapter + ": " + Chapters.sentence(name) + " [" + variant + "]";
  }

  /** All of it in one line. */
  String line() {
    return title() + ": " + detail;
  }
}
