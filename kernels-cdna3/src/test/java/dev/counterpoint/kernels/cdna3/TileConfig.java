package dev.counterpoint.kernels.cdna3;

import java.util.List;

/** A tile as the table of the kernels has it. */
record TileConfig(int rows, int cols, int stages) {
  static final int THREADS = 256;
  static final List<TileConfig> ALL =
      List.of(
          new TileConfig(128, 256, 2),
          new TileConfig(128, 128, 3),
          new TileConfig(64, 128, 4),
          new TileConfig(32, 128, 3),
          new TileConfig(16, 128, 3));

  int sharedBytes() {
    return stages * (rows + cols) * 64;
  }

  String entry(Element input, boolean alongK) {
    return "tile_gemm_%s_%s_%dx%dx%d_s%d"
        .formatted(input.label, alongK ? "nk" : "kn", rows, cols, input.panel(), stages);
  }
}
