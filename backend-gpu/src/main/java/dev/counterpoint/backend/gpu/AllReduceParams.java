package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the all-reduces by kernels lie; {@code AllReduceParams} of the kernels'
 * {@code params/all_reduce.h}.
 */
final class AllReduceParams {
  static final int SIZE = 120;
  static final int OPERATION = 0;
  static final int INPUT = 24;
  static final int INPUT_STRIDE = 32;
  static final int OUTPUT = 40;
  static final int OUTPUT_STRIDE = 48;
  static final int WORKSPACES = 56;
  static final int FLAGS = 64;
  static final int LAUNCHES = 72;
  static final int ARRIVALS = 80;
  static final int ROWS = 88;
  static final int COLS = 92;
  static final int TYPE = 96;
  static final int RANK = 100;
  static final int RANKS = 104;
  static final int PLACES = 108;
  static final int ARRAY = 112;

  private AllReduceParams() {}
}
