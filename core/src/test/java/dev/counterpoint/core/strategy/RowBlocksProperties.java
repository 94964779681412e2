package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

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
  void laterBlocksAreTheSmallerOnes(@ForAll @IntRange(min = 3, max = 8) int blocks) {
    RowBlocks cut = RowBlocks.tapered(1024 * blocks, blocks);
    assertThat(cut.rows(1024 * blocks, 0)).isEqualTo(1024);
    assertThat(cut.rows(1024 * blocks, cut.count() - 1)).isEqualTo(512);
  }
}
