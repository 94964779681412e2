package dev.counterpoint;

import dev.counterpoint.spi.Capability;

/** A backend was asked for something whose capability it does not declare (rule CAP-2). */
public final class UnsupportedCapabilityException extends CounterpointException {
  private static final long serialVersionUID = 1L;
  private final Capability capability;

  /**
   * Creates the exception.
   *
   * @param backend the backend's name
   * @param capability what is missing
   * @param wanted what was asked for, completing the sentence "… is needed for"
   */
  public UnsupportedCapabilityException(String backend, Capability capability, String wanted) {
    super(
        Category.UNAVAILABLE,
        "backend '"
            + backend
            + "' does not have the capability "
            + capability
            + ", which is needed for "
            + wanted);
    this.capability = capability;
  }

  /** The missing capability. */
  public Capability capability() {
    return capability;
  }
}
