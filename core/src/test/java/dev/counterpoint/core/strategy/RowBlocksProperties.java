package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RowBlocksProperties {
  @Property
  void blocksCoverEachRowOfEveryShardOnce(
      @ForAll @IntRange(max = 3000) int fullShard,
      @ForAll @IntRange(min = 1, max = 12) int blocks,
      @ForAll @IntRange(max = 3000) int shorter) {
    RowBlocks cut = RowBlocks.tapered(fullShard, blocks);
    int shardRows = Math.min(fullShard, shorter);
    int next = 0;
    for (int block = 0; block < cut.count(); block++) {
      int rows = cut.rows(shardRows, block);
      if (rows > 0) {
        assertThat(cut.start(block)).isEqualTo(next);
      }
      next += rows;
    }
    assertThat(next).isEqualTo(shardRows);
  }

  @Property
  void noBlockOfAFullShardIsEmpty(
      @ForAll @IntRange(min = 1, max = 5000) int rows,
      @ForAll @IntRange(min = 1, max = 12) int blocks) {
    RowBlocks cut = RowBlocks.tapered(rows, blocks);
    for (int block = 0; block < cut.count(); block++) {
      assertThat(cut.rows(rows, block)).isPositive();
    }
  }

  @Property
  void multiplesAreCutAtMultiplesOnly(
      @ForAll @IntRange(max = 5000) int rows,
      @ForAll @IntRange(min = 1, max = 12) int blocks,
      @ForAll @IntRange(min = 1, max = 300) int unit) {
    RowBlocks cut = RowBlocks.multiples(rows, blocks, unit);
    assertThat(cut.count()).isBetween(1, blocks);
    int next = 0;
    for (int block = 0; block < cut.count(); block++) {
      assertThat(cut.start(block) % unit).isZero();
      assertThat(cut.start(block)).isEqualTo(next);
      assertThat(rows == 0 || cut.rows(rows, block) > 0).isTrue();
      next += cut.rows(rows, block);
    }
    assertThat(next).isEqualTo(rows);
  }

  @Property
  void laterBlocksAreTheSmallerOnes(@ForAll @IntRange(min = 3, max = 8) int blocks) {
    RowBlocks cut = RowBlocks.tapered(1024 * blocks, blocks);
    assertThat(cut.rows(1024 * blocks, 0)).isEqualTo(1024);
    assertThat(cut.rows(1024 * blocks, cut.count() - 1)).isEqualTo(512);
  }

  @Property
  void stripesAreAsManyAsWantedAndNoneIsEmpty(
      @ForAll @IntRange(min = 1, max = 5000) int rows,
      @ForAll @IntRange(min = 1, max = 12) int stripes,
      @ForAll @IntRange(min = 1, max = 9) int ranks) {
    RowBlocks cut = RowBlocks.striped(rows, stripes, ranks, false);
    int next = 0;
    for (int block = 0; block < cut.count(); block++) {
      assertThat(cut.start(block)).isEqualTo(next);
      assertThat(cut.rows(rows, block)).isPositive();
      next += cut.rows(rows, block);
    }
    assertThat(next).isEqualTo(rows);
    assertThat(cut.count()).isLessThanOrEqualTo(stripes);
  }

  @Example
  void theFirstAndTheLastStripesAreTheSmallerOnes() {
    RowBlocks cut = RowBlocks.striped(512, 6, 4, false);
    assertThat(IntStream.range(0, 6).map(block -> 4 * cut.rows(512, block)))
        .as("rows of all four parts")
        .containsExactly(320, 384, 448, 448, 320, 128);
    assertThat(RowBlocks.striped(2048, 4, 4, true).ends())
        .as("alike on wide devices")
        .containsExactly(1, 2, 3, 4);
    assertThat(RowBlocks.stripeSizes(6)).containsExactly(2, 3, 3, 3, 2, 1);
    assertThat(RowBlocks.stripeSizes(2)).containsExactly(1, 1);
  }

  @Property
  void unitsThatAreFewerThanBlocksMakeABlockEach(
      @ForAll @IntRange(min = 1, max = 12) int wanted, @ForAll @IntRange(max = 12) int units) {
    RowBlocks cut = RowBlocks.ofUnits(units, 16, RowBlocks.stripeSizes(wanted));
    assertThat(cut.count()).isEqualTo(Math.max(1, Math.min(units, wanted)));
    int last = cut.ends()[cut.count() - 1];
    assertThat(last).isEqualTo(Math.max(1, units));
  }
}
