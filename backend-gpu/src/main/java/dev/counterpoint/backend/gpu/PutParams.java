package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the copy by compute units lie; {@code PutParams} of the kernels' {@code
 * params/transfer.cuh}.
 */
final class PutParams {
  static final int SIZE = 96;
  static final int OPERATION = 0;
  static final int SOURCE = 24;
  static final int TARGET = 32;
  static final int SOURCE_PITCH = 40;
  static final int TARGET_PITCH = 48;
  static final int ROW_BYTES = 56;
  static final int ROWS = 64;
  static final int SIGNAL = 72;
  static final int EPOCH = 80;
  static final int ARRIVALS = 88;

  private PutParams() {}
}
