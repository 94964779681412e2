package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the addition to a word lie; {@code SignalAddParams} of the kernels' {@code
 * params/signal.cuh}.
 */
final class SignalAddParams {
  static final int SIZE = 40;
  static final int OPERATION = 0;
  static final int WORD = 24;
  static final int DELTA = 32;

  private SignalAddParams() {}
}
