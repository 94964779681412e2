package dev.counterpoint;

/**
 * No backend, or not the one asked for, can run here; the message has the reason and the remedy: of
 * the one asked for, or of all.
 */
public final class BackendUnavailableException extends CounterpointException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception from a message that already has the reasons. */
  public BackendUnavailableException(String message) {
    super(Category.UNAVAILABLE, message);
  }
}
