package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/** Base of the exceptions that are neither a bad argument nor a use after close. */
public class CounterpointException extends RuntimeException implements Failure {
  private static final long serialVersionUID = 1L;
  private final Category category;

  /** Creates an exception whose message says what failed, with which values, and what to do. */
  public CounterpointException(Category category, String message) {
    this(category, message, null);
  }

  /** Creates an exception with a cause. */
  public CounterpointException(Category category, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.category = category;
  }

  @Override
  public final Category category() {
    return category;
  }
}
