package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileTableTest {
  private final TileTable hopper = new TileTable(FakePlatform.GENERAL, 132, null, 0);

  private static String tile(TileTable table, int rows, int shards, int cols, int k) {
    Tiling tiling = table.tiling(new RowPartition(rows, shards), cols, k, DType.BF16, 0, 0);
    return tiling.tileRows() + "x" + tiling.tileCols();
  }

  @ParameterizedTest
  @CsvSource({
    "8192, 1, 8192, 8192, 128x256",
    "8192, 8, 7168, 8192, 128x256",
    "4096, 8, 10240, 8192, 128x256",
    "1, 1, 8192, 8192, 16x128",
    "16, 1, 8192, 8192, 16x128",
    "32, 1, 8192, 8192, 32x128",
    "64, 1, 8192, 8192, 64x128",
  })
  void sizesThatSuit(int rows, int shards, int cols, int k, String tile) {
    assertThat(tile(hopper, rows, shards, cols, k)).isEqualTo(tile);
  }

  @Test
  void tilesThatDoNotFitADeviceAreNotChosen() {
    TileTable ada =
        new TileTable(
            TileKernels.general(
                "plain",
                "sm_89",
                new TileShapes(FakePlatform.TILES.shapes(), 128, 100 << 10, 1 << 10)),
            142,
            null,
            0);
    assertThat(tile(ada, 8192, 1, 8192, 8192)).isEqualTo("128x128");
    Tiling forced = ada.tiling(RowPartition.whole(100), 100, 10, DType.BF16, 128, 256);
    assertThat(forced.tileCols()).isEqualTo(128);
    assertThat(
            ada.config(DType.BF16, WeightLayout.NK, new Tiling(RowPartition.whole(1), 1, 128, 256)))
        .isNull();
  }

  @Test
  void wantedSizesAreRounded() {
    RowPartition rows = RowPartition.whole(5000);
    assertThat(hopper.tiling(rows, 5000, 64, DType.FP32, 100, 0).tileRows()).isEqualTo(128);
    assertThat(hopper.tiling(rows, 5000, 64, DType.FP32, 20, 7).tileRows()).isEqualTo(16);
    assertThat(hopper.tiling(rows, 5000, 64, DType.FP32, 128, 1000).tileCols()).isEqualTo(256);
    assertThat(hopper.tiling(rows, 5000, 64, DType.FP32, 7, 5000).tileCols()).isPositive();
    TileTable mine = new TileTable(FakePlatform.GENERAL, 132, new GpuOptions.Tile(64, 128), 0);
    assertThat(tile(mine, 8192, 1, 8192, 8192)).isEqualTo("64x128");
  }

  @Test
  void emptyProblemsHaveTilesToo() {
    assertThat(hopper.tiling(RowPartition.whole(0), 100, 10, DType.BF16, 0, 0).tiles()).isZero();
    assertThat(hopper.tiling(RowPartition.whole(10), 0, 10, DType.BF16, 0, 0).tiles()).isZero();
    assertThat(hopper.tiling(new RowPartition(3, 8), 10, 0, DType.BF16, 0, 0).tiles()).isPositive();
  }

  @Test
  void kIsSplitOnlyWhereTilesAreFewAndKIsLong() {
    Tiling few = new Tiling(RowPartition.whole(16), 1024, 16, 128);
    assertThat(hopper.splits(few, 8192, DType.BF16)).isEqualTo(16);
    assertThat(hopper.splits(few, 256, DType.BF16)).isEqualTo(1);
    assertThat(hopper.splits(few, 0, DType.BF16)).isEqualTo(1);
    Tiling many = new Tiling(RowPartition.whole(8192), 8192, 128, 256);
    assertThat(hopper.splits(many, 8192, DType.BF16)).isEqualTo(1);
    assertThat(new TileTable(FakePlatform.GENERAL, 132, null, 3).splits(many, 8192, DType.BF16))
        .isEqualTo(3);
    assertThat(new TileTable(FakePlatform.GENERAL, 132, null, 64).splits(many, 128, DType.BF16))
        .isEqualTo(2);
  }

  @Test
  void entriesAreNamedAsTheKernelsAre() {
    Tiling tiling = new Tiling(RowPartition.whole(1), 1, 128, 256);
    assertThat(hopper.config(DType.BF16, WeightLayout.NK, tiling).entry())
        .isEqualTo("tile_gemm_bf16_nk_128x256x64_s3");
    TileConfig fp8 =
        hopper.config(
            DType.FP8_E4M3, WeightLayout.KN, new Tiling(RowPartition.whole(1), 1, 16, 128));
    assertThat(fp8.entry()).isEqualTo("tile_gemm_fp8_e4m3_kn_16x128x128_s4");
    assertThat(fp8.family()).isEqualTo("tile_gemm_fp8_e4m3");
    TileConfig pair =
        new TileTable(FakePlatform.MAPPED, 132, null, 0)
            .config(DType.INT8, WeightLayout.NK, tiling);
    assertThat(pair.entry()).isEqualTo("tile_gemm_mapped_int8_nk_128x256x128_s4_c2");
    assertThat(pair.sharedBytes()).isEqualTo(4 * 384 * 128 + 18560);
  }

  @Test
  void clustersAreDealtOutWhole() {
    TileTable pairs = new TileTable(FakePlatform.MAPPED, 132, null, 0);
    Tiling three = new Tiling(RowPartition.whole(384), 256, 128, 256);
    // Two turns of a pair on 66 pairs.
    assertThat(pairs.splits(three, 1 << 16, DType.BF16)).isEqualTo(16);
    Tiling many = new Tiling(RowPartition.whole(128 * 11), 256 * 2, 128, 256);
    assertThat(pairs.splits(many, 1 << 16, DType.BF16)).isEqualTo(6);
    assertThat(hopper.splits(many, 1 << 16, DType.BF16)).isEqualTo(6);
    Tiling odd = new Tiling(RowPartition.whole(128 * 45), 256, 128, 256);
    assertThat(pairs.splits(odd, 1 << 16, DType.BF16)).isEqualTo(2);
  }

  @Test
  void aTileWithoutARateIsTakenOnlyWhenItIsAskedFor() {
    List<TileShapes.Shape> shapes = new ArrayList<>(FakePlatform.TILES.shapes());
    shapes.add(new TileShapes.Shape(64, 256, 3, 1, 0));
    TileKernels kernels =
        TileKernels.general("plain", "sm_90", new TileShapes(shapes, 128, 228 << 10, 1 << 10));
    TileTable table = new TileTable(kernels, 132, null, 0);
    for (int rows : new int[] {1, 64, 200, 512, 8192}) {
      for (int cols : new int[] {1, 256, 8192}) {
        assertThat(tile(table, rows, 1, cols, 64)).isEqualTo(tile(hopper, rows, 1, cols, 64));
      }
    }
    assertThat(table.tiling(RowPartition.whole(8), 8, 8, DType.BF16, 64, 256))
        .isEqualTo(new Tiling(RowPartition.whole(8), 8, 64, 256));
  }
}
