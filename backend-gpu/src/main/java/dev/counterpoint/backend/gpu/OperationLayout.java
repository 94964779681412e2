package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the beginning of every parameter block lie; {@code Operation} of the kernels'
 * {@code params/wait.cuh}.
 */
final class OperationLayout {
  static final int SIZE = 24;
  static final int CONTEXT = 0;
  static final int ABORT = 8;
  static final int OPERATION = 16;

  private OperationLayout() {}
}
