package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the copy of packed tiles to their places lie; {@code UnpackParams} of the
 * kernels' {@code params/transfer.cuh}.
 */
final class UnpackParams {
  static final int SIZE = 96;
  static final int OPERATION = 0;
  static final int PACKED = 24;
  static final int OUTPUT = 32;
  static final int OUTPUT_STRIDE = 40;
  static final int SLOTS = 48;
  static final int ROWS = 56;
  static final int COLS = 60;
  static final int ELEMENT_BYTES = 64;
  static final int TILE_ROWS = 68;
  static final int TILE_COLS = 72;
  static final int SHARDS = 76;
  static final int ROWS_PER_SHARD = 80;
  static final int TILE_ROWS_PER_SHARD = 84;
  static final int TILE_COLUMNS = 88;

  private UnpackParams() {}
}
