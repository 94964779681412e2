package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the context of every bounded wait of a rank lie; {@code WaitContext} of the
 * kernels' {@code params/wait.cuh}.
 */
final class WaitContextLayout {
  static final int SIZE = 64;
  static final int RECORD = 0;
  static final int CLAIM = 8;
  static final int LOCAL_ABORT = 16;
  static final int HOST_ABORT = 24;
  static final int PEER_ABORTS = 32;
  static final int PEER_ABORT_COUNT = 40;
  static final int RANK = 44;
  static final int TIMEOUT_NANOS = 48;

  private WaitContextLayout() {}
}
