package dev.counterpoint.backend.gpu;

/**
 * Where the descriptions of A and B lie in the second parameter of kernels that read through them;
 * {@code TileGemmMaps} of the kernels' {@code params/tile_gemm_maps.h}.
 */
final class TileGemmMaps {
  static final int SIZE = 256;
  static final int A = 0;
  static final int B = 128;

  private TileGemmMaps() {}
}
