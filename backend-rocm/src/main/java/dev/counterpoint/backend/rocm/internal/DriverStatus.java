package dev.counterpoint.backend.rocm.internal;

import static dev.counterpoint.backend.rocm.internal.hip.HipConstants.*;

import dev.counterpoint.NativeException;
import dev.counterpoint.backend.rocm.internal.hip.BindingStatus;
import dev.counterpoint.backend.rocm.internal.hip.RocmLibrary;

/** What the runtime's statuses mean for a world. */
final class DriverStatus {
  static final int SUCCESS = hipSuccess;
  static final int INVALID_HANDLE = hipErrorInvalidHandle;
  static final int NOT_READY = hipErrorNotReady;
  static final int PEER_ALREADY_ENABLED = hipErrorPeerAccessAlreadyEnabled;

  private DriverStatus() {}

  /** Whether the call was refused because of a capture; the device is well. */
  static boolean isCapture(int status) {
    return status >= hipErrorStreamCaptureUnsupported && status <= hipErrorStreamCaptureWrongThread;
  }

  /** Whether memory was refused; sizes beyond all reason are answered as invalid. */
  static boolean isOutOfMemory(NativeException e) {
    return e.function().contains("Malloc")
        && (e.status() == hipErrorOutOfMemory || e.status() == hipErrorInvalidValue);
  }

  /** What the reader can do, by status. */
  static String remedy(int status) {
    return switch (status) {
      case BindingStatus.LIBRARY_MISSING, BindingStatus.SYMBOL_MISSING ->
          RocmLibrary.HIP.explain(status);
      case hipErrorOutOfMemory ->
          "close what is not needed, choose a smaller problem, or see who else uses the device";
      case hipErrorNoDevice, hipErrorInvalidDevice ->
          "no device is visible: look at rocminfo, at HIP_VISIBLE_DEVICES and ROCR_VISIBLE_DEVICES,"
              + " and at the rights to /dev/kfd and /dev/dri (groups render and video)";
      case hipErrorInvalidImage, hipErrorNoBinaryForGpu, hipErrorSharedObjectInitFailed ->
          "the kernel image does not fit the device: empty the kernel cache, or rebuild the kernels"
              + " for this architecture";
      case hipErrorIllegalAddress, hipErrorLaunchTimeOut, hipErrorAssert, hipErrorLaunchFailure ->
          "a kernel went wrong: run once with AMD_LOG_LEVEL=3 and HSA_ENABLE_DEBUG=1; the device is"
              + " unusable until the process ends";
      default -> "";
    };
  }
}
