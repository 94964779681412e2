package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Norm;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import org.junit.jupiter.api.Test;

/** What the kernel that normalises rows is told. */
class NormTest {
  private static final Norm RMS = Norm.rms(1e-5f);

  @Test
  void absentOperandsAreNoAddresses() {
    try (GpuFixture f = new GpuFixture()) {
      NormSpec spec = NormSpec.inPlace("n", 0, 5, 12, DType.BF16, RMS);
      RowNorm.PreparedNorm norm = f.backend.norm().prepare(spec);
      DeviceMemory memory = f.memory(0, 4096);
      f.driver.take();
      norm.launch(
          f.stream(0),
          new NormArguments()
              .input(memory, 16, 13)
              .weight(memory)
              .bias(memory)
              .residual(memory, 0, 12)
              .sum(memory, 0, 12)
              .output(memory, 2048, 14));
      assertThat(f.driver.take()).containsExactly("row_norm");
      var p = f.driver.lastParameters.get("row_norm");
      assertThat(p.getLong(RowNormParams.INPUT)).isEqualTo(memory.address() + 16);
      assertThat(p.getLong(RowNormParams.INPUT_STRIDE)).isEqualTo(13);
      assertThat(p.getLong(RowNormParams.OUTPUT)).isEqualTo(memory.address() + 2048);
      assertThat(p.getLong(RowNormParams.OUTPUT_STRIDE)).isEqualTo(14);
      assertThat(p.getLong(RowNormParams.WEIGHT)).isEqualTo(memory.address());
      assertThat(p.getLong(RowNormParams.BIAS)).isZero();
      assertThat(p.getLong(RowNormParams.RESIDUAL)).isZero();
      assertThat(p.getLong(RowNormParams.SUM)).isZero();
      assertThat(p.getLong(RowNormParams.SLOTS)).isZero();
      assertThat(p.getInt(RowNormParams.KIND)).isZero();
      assertThat(p.getInt(RowNormParams.TYPE)).isEqualTo(ElementType.number(DType.BF16));
    }
  }

  @Test
  void packedTilesComeWithTheirMap() {
    try (GpuFixture f = new GpuFixture()) {
      Tiling tiling = new Tiling(new RowPartition(7, 2), 20, 2, 16);
      int[] slots = {7, 6, 5, 4, 3, 2, 1, 0};
      Norm norm = Norm.layer(1e-5f).withBias().withResidual().withSum();
      RowNorm.PreparedNorm prepared =
          f.backend.norm().prepare(NormSpec.packed("n", 1, DType.FP32, norm, tiling, slots));
      DeviceMemory memory = f.memory(1, 8192);
      prepared.launch(
          f.stream(1),
          new NormArguments()
              .input(memory, 0, 0)
              .weight(memory)
              .bias(memory)
              .residual(memory, 4096, 20)
              .sum(memory, 4096, 20)
              .output(memory, 2048, 20));
      var p = f.driver.lastParameters.get("row_norm");
      long table = p.getLong(RowNormParams.SLOTS);
      for (int tile = 0; tile < slots.length; tile++) {
        assertThat(f.driver.memory.getInt(table + 4L * tile)).isEqualTo(slots[tile]);
      }
      assertThat(p.getInt(RowNormParams.KIND)).isEqualTo(1);
      assertThat(p.getInt(RowNormParams.ROWS_PER_SHARD)).isEqualTo(4);
      assertThat(p.getInt(RowNormParams.TILE_ROWS_PER_SHARD)).isEqualTo(2);
      assertThat(p.getInt(RowNormParams.TILE_COLUMNS)).isEqualTo(2);
      assertThat(p.getLong(RowNormParams.RESIDUAL)).isEqualTo(memory.address() + 4096);
      assertThat(p.getLong(RowNormParams.SUM)).isEqualTo(memory.address() + 4096);
      assertThat(Float.intBitsToFloat(p.getInt(RowNormParams.PER_COLUMN))).isEqualTo(1f / 20);
    }
  }

  @Test
  void noRowsAreNoLaunch() {
    try (GpuFixture f = new GpuFixture()) {
      RowNorm.PreparedNorm norm =
          f.backend.norm().prepare(NormSpec.inPlace("n", 0, 0, 12, DType.FP32, RMS));
      DeviceMemory memory = f.memory(0, 64);
      f.driver.take();
      norm.launch(
          f.stream(0),
          new NormArguments().input(memory, 0, 12).weight(memory).output(memory, 0, 12));
      assertThat(f.driver.take()).isEmpty();
    }
  }

  @Test
  void aGroupOfColumnsLiesInOneTile() {
    try (GpuFixture f = new GpuFixture()) {
      NormSpec spec =
          NormSpec.packed(
              "n", 0, DType.FP32, RMS, new Tiling(RowPartition.whole(2), 4, 2, 4), new int[] {0});
      assertThatThrownBy(() -> f.backend.norm().prepare(spec))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("of a size that TileGemm.tiling gives");
    }
  }
}
