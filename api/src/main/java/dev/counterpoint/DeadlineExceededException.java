package dev.counterpoint;

import java.time.Duration;

/**
 * A host-side wait ended before the work did. The work may still finish: the world has not failed
 * by this alone.
 */
public final class DeadlineExceededException extends CounterpointException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param what what was waited for
   * @param deadline how long
   */
  public DeadlineExceededException(String what, Duration deadline) {
    super(Category.TIMEOUT, what + " did not finish within " + deadline.toMillis() + " ms");
  }
}
