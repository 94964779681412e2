package dev.counterpoint.backend.gpu;

/**
 * Where the fields of the tile GEMM lie; {@code TileGemmParams} of the kernels' {@code
 * params/tile_gemm.cuh}.
 */
final class TileGemmParams {
  static final int SIZE = 376;
  static final int OPERATION = 0;
  static final int A = 24;
  static final int B = 32;
  static final int C = 40;
  static final int D = 48;
  static final int BIAS = 56;
  static final int ROW_SCALE = 64;
  static final int COL_SCALE = 72;
  static final int A_STRIDE = 80;
  static final int B_STRIDE = 88;
  static final int C_STRIDE = 96;
  static final int D_STRIDE = 104;
  static final int ROWS = 112;
  static final int COLS = 116;
  static final int K = 120;
  static final int OUTPUT_TYPE = 124;
  static final int ALPHA = 128;
  static final int BETA = 132;
  static final int WINDOW_FIRST = 136;
  static final int WINDOW_ROWS = 140;
  static final int SHARDS = 144;
  static final int ROWS_PER_SHARD = 148;
  static final int TILE_ROWS_PER_SHARD = 152;
  static final int TILE_COLUMNS = 156;
  static final int ORDER = 160;
  static final int ORDER_BY = 168;
  static final int RASTER_ROWS = 172;
  static final int PARTIALS = 176;
  static final int ARRIVALS = 184;
  static final int SPLITS = 192;
  static final int POSITIONS = 196;
  static final int GATE_WORDS = 200;
  static final int GATE_FIRST = 208;
  static final int GATE_COUNT = 216;
  static final int GATE_TARGET = 224;
  static final int GATE_ARRAY = 248;
  static final int CLEARANCE_ARRAY = 252;
  static final int OWNERS = 256;
  static final int OWNER_STRIDE = 264;
  static final int CLEARANCE_WORDS = 272;
  static final int CLEARANCE_INDEX = 280;
  static final int CLEARANCE_TARGET = 288;
  static final int PACKED_SLOTS = 312;
  static final int POST_INDEX = 320;
  static final int POST_WORDS = 328;
  static final int TRACE = 336;
  static final int A_SCALES = 344;
  static final int B_SCALES = 352;
  static final int A_SCALES_STRIDE = 360;
  static final int B_SCALES_STRIDE = 368;

  private TileGemmParams() {}
}
