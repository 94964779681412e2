package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.backend.cuda.internal.CudaPlatform;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of its tiles Hopper gets: what the README's table of tiles says they are for. */
class Sm90TileChoiceTest {
  private static final int UNITS = 132;

  private static TileTable table(GpuOptions.Tile wanted) {
    return new TileTable(new CudaPlatform().tileKernels("sm_90").get(0), UNITS, wanted, 0);
  }

  private static Tiling tiling(int rows, int shards, int cols, int k) {
    return table(null).tiling(new RowPartition(rows, shards), cols, k, DType.BF16, 0, 0);
  }

  @ParameterizedTest
  @CsvSource({
    // Large M and N
    "8192, 1, 8192, 8192, 128x256",
    "8192, 8, 7168, 8192, 128x256",
    "8192, 8, 8192, 3584, 128x256",
    "8192, 8, 8192, 1024, 128x256",
    // Few tiles
    "4096, 8, 1280, 8192, 128x128",
    // Few rows
    "64, 1, 8192, 1024, 64x128",
    "32, 1, 8192, 8192, 32x128",
    "16, 1, 8192, 8192, 16x128",
    "1, 1, 8192, 8192, 16x128",
    // 64 rows with many columns: each of eight shards is one row of tiles
    "512, 8, 57344, 8192, 64x256",
    "64, 1, 8192, 8192, 64x256",
  })
  void everyTileServesItsPurpose(int rows, int shards, int cols, int k, String tile) {
    Tiling tiling = tiling(rows, shards, cols, k);
    assertThat(tiling.tileRows() + "x" + tiling.tileCols()).isEqualTo(tile);
  }

  @Test
  void aUserMayAskForATile() {
    Tiling tiling =
        table(new GpuOptions.Tile(64, 256))
            .tiling(RowPartition.whole(8192), 8192, 8192, DType.BF16, 0, 0);
    assertThat(tiling.tileRows() + "x" + tiling.tileCols()).isEqualTo("64x256");
  }

  @Test
  void fewTilesShareK() {
    Tiling few = tiling(16, 1, 8192, 8192);
    assertThat(table(null).splits(few, 8192, DType.BF16)).isEqualTo(UNITS / 64);
    Tiling pairs = new Tiling(RowPartition.whole(384), 512, 128, 128);
    // Twelve tiles are six turns of a pair, on 66 pairs.
    assertThat(table(null).splits(pairs, 8192, DType.BF16)).isEqualTo(11);
  }
}
