package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/**
 * A device could not provide the memory asked for; says how much was wanted and how much there is.
 */
public final class DeviceMemoryException extends CounterpointException {
  private static final long serialVersionUID = 1L;
  private final long requestedBytes;

  /** Creates the exception. */
  public DeviceMemoryException(String message, long requestedBytes, @Nullable Throwable cause) {
    super(Category.RESOURCE, message, cause);
    this.requestedBytes = requestedBytes;
  }

  /** How many bytes were asked for. */
  public long requestedBytes() {
    return requestedBytes;
  }
}
