package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RoutedOrderProperties {
  @Property
  void everyTileComesOnceAndBlocksOneAfterTheOther(
      @ForAll @IntRange(min = 1, max = 9) int ranks,
      @ForAll @IntRange(max = 3000) int rows,
      @ForAll @IntRange(min = 1, max = 900) int cols,
      @ForAll @IntRange(min = 1, max = 7) int blockTileRows,
      @ForAll boolean wide) {
    Tiling tiling = new Tiling(new RowPartition(rows, ranks), cols, 64, 128);
    int[] order = RoutedOrder.of(tiling, ranks - 1, blockTileRows, wide);
    assertThat(Arrays.stream(order).sorted().toArray())
        .isEqualTo(IntStream.range(0, tiling.tiles()).toArray());
    int[] blocks =
        Arrays.stream(order)
            .map(tile -> tiling.tileRow(tile) % tiling.tileRowsPerShard() / blockTileRows)
            .toArray();
    assertThat(blocks).isSorted();
  }

  @Example
  void theNextRanksRowsComeFirst() {
    Tiling tiling = new Tiling(new RowPartition(3 * 2, 3), 2, 1, 1);
    assertThat(RoutedOrder.of(tiling, 0, 1, false))
        .containsExactly(4, 5, 8, 9, 0, 1, 6, 7, 10, 11, 2, 3);
  }

  /** As many tiles as there are multiprocessors: a share for each owner, pairs of one column. */
  @Example
  void aWaveOfAWideDeviceHasTilesForEveryOwner() {
    Tiling tiling = new Tiling(new RowPartition(8192, 4), 8192, 128, 256);
    int[] order = RoutedOrder.of(tiling, 2, 6, true);
    for (int wave = 0; wave + 128 <= order.length; wave += 128) {
      int[] tiles = Arrays.copyOfRange(order, wave, wave + 128);
      for (int owner = 0; owner < 4; owner++) {
        int of = owner;
        assertThat(Arrays.stream(tiles).filter(tile -> tiling.shard(tile) == of).count())
            .as("tiles of wave %s for owner %s", wave / 128, owner)
            .isBetween(24L, 40L);
      }
    }
    for (int i = 0; i < order.length; i += 2) {
      assertThat(tiling.tileCol(order[i])).isEqualTo(tiling.tileCol(order[i + 1]));
    }
  }
}
