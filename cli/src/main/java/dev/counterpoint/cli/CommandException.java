package dev.counterpoint.cli;

import dev.counterpoint.CounterpointException;
import org.jspecify.annotations.Nullable;

/** The command itself cannot go on; the message is the one sentence that its user reads. */
public final class CommandException extends CounterpointException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public CommandException(Category category, String message) {
    this(category, message, null);
  }

  /** Creates the exception with a cause, which is shown with {@code --verbose} only. */
  public CommandException(Category category, String message, @Nullable Throwable cause) {
    super(category, message, cause);
  }
}
