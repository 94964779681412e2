package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the target of a wait lie; {@code Target} of the kernels' {@code
 * params/wait.cuh}.
 */
final class TargetLayout {
  static final int SIZE = 24;
  static final int EPOCH = 0;
  static final int PER_EPOCH = 8;
  static final int OFFSET = 16;

  private TargetLayout() {}
}
