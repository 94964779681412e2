package dev.counterpoint;

/**
 * A native call failed; carries the function, the numeric status and the library's own name for it.
 */
public final class NativeException extends CounterpointException {
  private static final long serialVersionUID = 1L;
  private final String function;
  private final int status;
  private final String statusName;

  /**
   * Creates the exception.
   *
   * @param function the native function, for example {@code cuMemMap}
   * @param status its numeric result
   * @param statusName the library's name for the result
   * @param context the values involved, for example {@code device=3, bytes=2097152}
   * @param remedy what the reader can do; may be empty
   */
  public NativeException(
      String function, int status, String statusName, String context, String remedy) {
    super(
        Category.NATIVE,
        function
            + " failed: "
            + status
            + " "
            + statusName
            + " ["
            + context
            + "]"
            + (remedy.isEmpty() ? "" : "; " + remedy));
    this.function = function;
    this.status = status;
    this.statusName = statusName;
  }

  /** The native function that failed. */
  public String function() {
    return function;
  }

  /** Its numeric status. */
  public int status() {
    return status;
  }

  /** The library's name for the status. */
  public String statusName() {
    return statusName;
  }
}
