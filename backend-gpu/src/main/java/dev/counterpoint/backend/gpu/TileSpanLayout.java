package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the record of one unit of work of a traced tile GEMM lie; {@code TileSpan} of
 * the kernels' {@code params/tile_gemm.cuh}.
 */
final class TileSpanLayout {
  static final int SIZE = 48;
  static final int WAIT_NANOS = 0;
  static final int START_NANOS = 8;
  static final int COMPUTED_NANOS = 16;
  static final int END_NANOS = 24;
  static final int POSTED_NANOS = 32;
  static final int TILE = 40;
  static final int MULTIPROCESSOR = 44;

  private TileSpanLayout() {}
}
