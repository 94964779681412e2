package dev.counterpoint;

/**
 * Two ranks launched different plans at the same position of their sequences; every rank must
 * launch the same order.
 */
public final class LaunchOrderException extends CounterpointException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception from a message that names both ranks, the position and both plans. */
  public LaunchOrderException(String message) {
    super(Category.USAGE, message);
  }
}
