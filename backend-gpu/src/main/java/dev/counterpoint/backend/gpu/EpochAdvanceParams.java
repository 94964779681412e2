package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the step of a launch counter lie; {@code EpochAdvanceParams} of the kernels'
 * {@code params/signal.cuh}.
 */
final class EpochAdvanceParams {
  static final int SIZE = 32;
  static final int OPERATION = 0;
  static final int EPOCH = 24;

  private EpochAdvanceParams() {}
}
