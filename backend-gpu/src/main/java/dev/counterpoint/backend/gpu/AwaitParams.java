package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the wait of a stream lie; {@code AwaitParams} of the kernels' {@code
 * params/signal.cuh}.
 */
final class AwaitParams {
  static final int SIZE = 72;
  static final int OPERATION = 0;
  static final int WORDS = 24;
  static final int TARGET = 32;
  static final int COUNT = 56;
  static final int ARRAY = 60;
  static final int FIRST_WORD = 64;

  private AwaitParams() {}
}
