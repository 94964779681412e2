package dev.counterpoint;

/** Something was used after it was closed; names the resource. */
public final class ResourceClosedException extends IllegalStateException implements Failure {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param resource what was closed, for example {@code "world 'host' of 4 ranks"}
   */
  public ResourceClosedException(String resource) {
    super(resource + " is closed");
  }

  @Override
  public Category category() {
    return Category.STATE;
  }
}
