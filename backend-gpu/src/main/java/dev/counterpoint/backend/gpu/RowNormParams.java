package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the normalisation of rows lie; {@code RowNormParams} of the kernels' {@code
 * params/row_norm.h}.
 */
final class RowNormParams {
  static final int SIZE = 160;
  static final int OPERATION = 0;
  static final int INPUT = 24;
  static final int INPUT_STRIDE = 32;
  static final int RESIDUAL = 40;
  static final int RESIDUAL_STRIDE = 48;
  static final int WEIGHT = 56;
  static final int BIAS = 64;
  static final int OUTPUT = 72;
  static final int OUTPUT_STRIDE = 80;
  static final int SUM = 88;
  static final int SUM_STRIDE = 96;
  static final int SLOTS = 104;
  static final int ROWS = 112;
  static final int COLS = 116;
  static final int TYPE = 120;
  static final int KIND = 124;
  static final int EPSILON = 128;
  static final int PER_COLUMN = 132;
  static final int TILE_ROWS = 136;
  static final int TILE_COLS = 140;
  static final int ROWS_PER_SHARD = 144;
  static final int TILE_ROWS_PER_SHARD = 148;
  static final int TILE_COLUMNS = 152;

  private RowNormParams() {}
}
