package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the fill lie; {@code FillParams} of the kernels' {@code params/transfer.cuh}.
 */
final class FillParams {
  static final int SIZE = 48;
  static final int OPERATION = 0;
  static final int TARGET = 24;
  static final int BYTES = 32;
  static final int VALUE = 40;

  private FillParams() {}
}
