package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the reduction of staged partials lie; {@code TileReduceParams} of the
 * kernels' {@code params/tile_reduce.cuh}.
 */
final class TileReduceParams {
  static final int SIZE = 216;
  static final int OPERATION = 0;
  static final int STAGING = 24;
  static final int SLOT_BYTES = 32;
  static final int STAGING_STRIDE = 40;
  static final int ROWS = 48;
  static final int COLS = 52;
  static final int SLOTS = 56;
  static final int BLOCK_ROWS = 60;
  static final int BLOCKS = 64;
  static final int PARTS = 68;
  static final int INPUT_TYPE = 72;
  static final int OUTPUT_TYPE = 76;
  static final int GATE_WORDS = 80;
  static final int GATE_INDEX = 88;
  static final int GATE_PER_EPOCH = 96;
  static final int EPOCH = 104;
  static final int GATE_ARRAY = 112;
  static final int CLEARANCE_ARRAY = 116;
  static final int TARGETS = 120;
  static final int TARGET_STRIDE = 128;
  static final int TARGET_COUNT = 136;
  static final int CLEARANCE_WORDS = 144;
  static final int CLEARANCE_INDEX = 152;
  static final int CLEARANCE_TARGET = 160;
  static final int POST_WORDS = 184;
  static final int POST_INDEX = 192;
  static final int ARRIVALS = 200;
  static final int TARGET = 208;

  private TileReduceParams() {}
}
