package dev.counterpoint.conformance;

import java.util.List;

/**
 * How one run of one test ended.
 *
 * @param backend name of the target
 * @param chapter title of the chapter of the specification
 * @param name the test method's
 * @param variant size of the world, and whether chaos was on
 * @param rules what it tests
 * @param outcome how it ended
 * @param detail why it failed or was skipped, or which refusals were the test; else empty
 * @param millis how long it took
 */
public record TestResult(
    String backend,
    String chapter,
    String name,
    String variant,
    List<String> rules,
    Outcome outcome,
    String detail,
    long millis) {
  /** Copies the list. */
  public TestResult {
    rules = List.copyOf(rules);
  }

  /** Chapter, sentence and variant. */
  public String title() {
    return chapter + ": " + Chapters.sentence(name) + " [" + variant + "]";
  }

  /** All of it in one line. */
  public String line() {
    return title() + ": " + detail;
  }
}
