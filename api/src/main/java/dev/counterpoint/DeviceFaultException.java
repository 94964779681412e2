package dev.counterpoint;

import dev.counterpoint.spi.FaultRecord;

/**
 * A bounded wait on a device expired, or a device failed, while asynchronous work ran. Carries the
 * first fault of the world; the world has failed and can only be closed.
 */
public final class DeviceFaultException extends CounterpointException {
  private static final long serialVersionUID = 1L;
  private final transient FaultRecord fault;

  /** Creates the exception for the world's first fault. */
  public DeviceFaultException(FaultRecord fault) {
    super(
        fault.kind() == FaultRecord.Kind.NATIVE_ERROR ? Category.NATIVE : Category.TIMEOUT,
        fault.describe());
    this.fault = fault;
  }

  /** What went wrong first, in full. */
  public FaultRecord fault() {
    return fault;
  }
}
