package dev.counterpoint.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TilingProperties {
  @Provide
  Arbitrary<Tiling> tilings() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 60),
            Arbitraries.integers().between(1, 9),
            Arbitraries.integers().between(0, 40),
            Arbitraries.integers().between(1, 70),
            Arbitraries.integers().between(1, 50))
        .as(
            (rows, shards, cols, tileRows, tileCols) ->
                new Tiling(new RowPartition(rows, shards), cols, tileRows, tileCols));
  }

  @Property
  void tilesCoverEveryElementExactlyOnce(@ForAll("tilings") Tiling tiling) {
    int rows = tiling.partition().rows();
    int[] covered = new int[rows * tiling.cols()];
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      for (int row = tiling.row(tile); row < tiling.row(tile) + tiling.rows(tile); row++) {
        for (int col = tiling.col(tile); col < tiling.col(tile) + tiling.cols(tile); col++) {
          covered[row * tiling.cols() + col]++;
        }
      }
    }
    assertThat(covered).containsOnly(covered.length == 0 ? new int[0] : new int[] {1});
  }

  @Property
  void noTileIsLargerThanAFullOneOrStraddlesShards(@ForAll("tilings") Tiling tiling) {
    RowPartition partition = tiling.partition();
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      assertThat(tiling.rows(tile)).isBetween(0, tiling.tileRows());
      assertThat(tiling.cols(tile)).isBetween(1, tiling.tileCols());
      int shard = tiling.shard(tile);
      assertThat(tiling.row(tile)).isGreaterThanOrEqualTo(partition.start(shard));
      assertThat(tiling.row(tile) + tiling.rows(tile))
          .isLessThanOrEqualTo(partition.start(shard + 1));
    }
  }

  @Property
  void idsCountShardThenTileRowThenTileColumn(@ForAll("tilings") Tiling tiling) {
    int next = 0;
    for (int shard = 0; shard < tiling.partition().shards(); shard++) {
      for (int row = 0; row < tiling.tileRowsPerShard(); row++) {
        for (int col = 0; col < tiling.tileColCount(); col++) {
          assertThat(tiling.tile(shard, row, col)).isEqualTo(next);
          assertThat(tiling.shard(next)).isEqualTo(shard);
          assertThat(tiling.tileRow(next)).isEqualTo(shard * tiling.tileRowsPerShard() + row);
          assertThat(tiling.tileCol(next)).isEqualTo(col);
          assertThat(tiling.row(next)).isEqualTo(tiling.firstRowOf(tiling.tileRow(next)));
          assertThat(tiling.rows(next)).isEqualTo(tiling.rowsOf(tiling.tileRow(next)));
          assertThat(tiling.col(next)).isEqualTo(col * tiling.tileCols());
          next++;
        }
      }
    }
    assertThat(tiling.tiles()).isEqualTo(next);
    assertThat(tiling.tileRowCount() * tiling.tileColCount()).isEqualTo(next);
  }

  @Property
  void emptyTilesAreOnlyAtTheEndsOfShortShards(@ForAll("tilings") Tiling tiling) {
    RowPartition partition = tiling.partition();
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      int shard = tiling.shard(tile);
      int inShard = tiling.tileRow(tile) - shard * tiling.tileRowsPerShard();
      boolean past = inShard * tiling.tileRows() >= partition.rows(shard);
      assertThat(tiling.isEmpty(tile)).isEqualTo(past);
      if (past) {
        assertThat(partition.rows(shard)).isLessThan(partition.rowsPerShard());
      }
    }
  }

  @Example
  void hugeSizesDoNotOverflow() {
    Tiling tiling =
        new Tiling(new RowPartition(Integer.MAX_VALUE, 3), Integer.MAX_VALUE, 1 << 20, 1 << 20);
    assertThat(tiling.tiles()).isEqualTo(3 * 683 * 2048);
    int last = tiling.tiles() - 1;
    assertThat(tiling.col(last) + tiling.cols(last)).isEqualTo(Integer.MAX_VALUE);
    assertThat(tiling.row(last) + tiling.rows(last)).isEqualTo(Integer.MAX_VALUE);
  }

  @Example
  void refusesWhatCannotBe() {
    RowPartition rows = RowPartition.whole(Integer.MAX_VALUE);
    refused("cols", () -> new Tiling(rows, -1, 1, 1));
    refused("tileRows", () -> new Tiling(rows, 1, 0, 1));
    refused("tileCols", () -> new Tiling(rows, 1, 1, 0));
    refused("tile", () -> new Tiling(rows, Integer.MAX_VALUE, 1, 1));
    refused("tile", () -> new Tiling(rows, 1 << 10, 1 << 10, 1));
  }

  private static void refused(String argument, Runnable making) {
    assertThatThrownBy(making::run)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
  }
}
