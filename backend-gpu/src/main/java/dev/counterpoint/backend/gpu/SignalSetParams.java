package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the raising of words to the epoch lie; {@code SignalSetParams} of the
 * kernels' {@code params/signal.cuh}.
 */
final class SignalSetParams {
  static final int SIZE = 56;
  static final int OPERATION = 0;
  static final int WORDS = 24;
  static final int WORD = 32;
  static final int EPOCH = 40;
  static final int COUNT = 48;

  private SignalSetParams() {}
}
