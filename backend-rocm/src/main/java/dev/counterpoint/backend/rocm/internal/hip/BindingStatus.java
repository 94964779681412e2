package dev.counterpoint.backend.rocm.internal.hip;

/** The statuses that the bindings add to those of the libraries; negative, as no library's are. */
public final class BindingStatus {
  /** The library of the function cannot be loaded. */
  public static final int LIBRARY_MISSING = -1001;

  /** The library is there and does not have the function: ROCm is older or newer than it. */
  public static final int SYMBOL_MISSING = -1002;

  private BindingStatus() {}

  /** Whether a status says that nothing was called. */
  public static boolean isOwn(int status) {
    return status == LIBRARY_MISSING || status == SYMBOL_MISSING;
  }

  static String nameOf(int status) {
    return status == LIBRARY_MISSING ? "LIBRARY_MISSING" : "SYMBOL_MISSING";
  }
}
