package dev.counterpoint;

/**
 * No backend, or not the one asked for, can run here; the message lists every candidate with its
 * reason and remedy.
 */
public final class BackendUnavailableException extends CounterpointException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception from a message that already lists the candidates. */
  public BackendUnavailableException(String message) {
    super(Category.UNAVAILABLE, message);
  }
}
