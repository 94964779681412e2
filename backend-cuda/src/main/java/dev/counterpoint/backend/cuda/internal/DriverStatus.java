package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.NativeException;

/** What the driver's statuses mean for a world. */
final class DriverStatus {
  static final int SUCCESS = 0;
  static final int INVALID_VALUE = 1;
  static final int OUT_OF_MEMORY = 2;
  static final int INVALID_HANDLE = 400;
  static final int NOT_READY = 600;
  static final int PEER_ALREADY_ENABLED = 704;
  private static final int FIRST_CAPTURE = 900;
  private static final int LAST_CAPTURE = 908;

  private DriverStatus() {}

  /** Whether the call was refused because of a capture; the device is well. */
  static boolean isCapture(int status) {
    return status >= FIRST_CAPTURE && status <= LAST_CAPTURE;
  }

  /** Whether memory was refused; sizes beyond all reason are answered as invalid. */
  static boolean isOutOfMemory(NativeException e) {
    return e.function().startsWith("cuMem")
        && (e.status() == OUT_OF_MEMORY || e.status() == INVALID_VALUE);
  }

  /** What the reader can do, by status. */
  static String remedy(int status) {
    return switch (status) {
      case OUT_OF_MEMORY ->
          "close what is not needed, choose a smaller problem, or see who else uses the device";
      case 100 -> "no device is visible: look at nvidia-smi and CUDA_VISIBLE_DEVICES";
      case 35, 803 -> "the driver does not match: update it, or install matching libraries";
      case 209, 218, 222 ->
          "the kernel image does not fit the device or driver: empty the kernel cache, or rebuild the"
              + " kernels for this architecture";
      case 700, 714, 715, 716, 717, 718, 719 ->
          "a kernel went wrong: run once under compute-sanitizer; the device is unusable until the"
              + " process ends";
      case 214, 220, 226 ->
          "the hardware reported an error: see nvidia-smi -q and the system's log";
      default -> "";
    };
  }
}
