package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the record that an expired wait leaves lie; {@code FaultRecord} of the
 * kernels' {@code params/wait.cuh}.
 */
final class FaultRecordLayout {
  static final int SIZE = 72;
  static final int STATE = 0;
  static final int KIND = 4;
  static final int RANK = 8;
  static final int OPERATION = 12;
  static final int SITE = 16;
  static final int ARRAY = 20;
  static final int WORD = 24;
  static final int TILE = 32;
  static final int SEEN = 40;
  static final int WANTED = 48;
  static final int ELAPSED_NANOS = 56;

  private FaultRecordLayout() {}
}
